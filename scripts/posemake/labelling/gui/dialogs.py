"""Dialogs of the labelling window: help and history."""

import html
from collections.abc import Sequence

from qtpy.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from posemake.labelling.gui.shortcuts import GROUPS, MOUSE, format_keys
from posemake.labelling.store.history import Entry

MAX_ENTRIES = 5000  # changes that are listed, the newest ones


def help_html() -> str:
    """Return the help page: all keys and mouse actions."""
    groups = {"Mouse": MOUSE} | {
        name: [(format_keys(command), command.description) for command in group] for name, group in GROUPS.items()
    }
    rows = []
    for name, pairs in groups.items():
        rows.append(f"<tr><td colspan='2' style='padding: 12px 0 3px 0'><b>{name}</b></td></tr>")
        for keys, description in pairs:
            left = f"<td style='padding: 1px 24px 1px 12px; white-space: nowrap'>{html.escape(keys)}</td>"
            rows.append(f"<tr>{left}<td>{html.escape(description)}</td></tr>")
    return (
        "<p>A frame is done when each keypoint has a decision: placed, accepted, occluded or absent. Hollow points are "
        "proposals: predictions of a model, or points of the previous frame. A proposal becomes a label only when you accept "
        f"or move it. Each change is saved at once.</p><table>{''.join(rows)}</table>"
    )


class HelpDialog(QDialog):
    """The help; it can stay open beside the window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys and mouse")
        self.resize(660, 760)
        page = QTextBrowser()
        page.setHtml(help_html())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addWidget(page)
        column.addWidget(buttons)


class HistoryDialog(QDialog):
    """The changes to the labels of one video, newest first.

    Parameters
    ----------
    parent
        The window that the dialog belongs to.
    entries
        The changes, oldest first.
    read_only
        Whether the labels cannot be changed, so that no earlier state can be restored.
    """

    def __init__(self, parent: QWidget, entries: Sequence[Entry], read_only: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle("All changes to this video")
        self.resize(720, 520)
        self._entries = list(entries)[: -MAX_ENTRIES - 1 : -1]
        self.table = self._make_table()
        text = QLabel("Restores the image as it was after the selected change. Restoring is a change too: you can undo it.")
        text.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.restore = buttons.addButton("Restore this state", QDialogButtonBox.ButtonRole.AcceptRole)
        self.restore.setEnabled(False)
        self.table.itemSelectionChanged.connect(
            lambda: self.restore.setEnabled(not read_only and self.selected_number is not None)
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (text, self.table, buttons):
            column.addWidget(widget)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(len(self._entries), 4)
        table.setHorizontalHeaderLabels(["time", "image", "change", "by"])
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.verticalHeader().hide()
        table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        for row, entry in enumerate(self._entries):
            change = f"{entry.what} (refused: another program had changed the label file)" if entry.refused else entry.what
            for column, text in enumerate((entry.time.replace("T", " "), entry.image, change, entry.by)):
                table.setItem(row, column, QTableWidgetItem(text))
        for column in (0, 1, 3):
            table.resizeColumnToContents(column)
        return table

    @property
    def selected_number(self) -> int | None:
        """Number of the selected change, or None."""
        rows = self.table.selectionModel().selectedRows()
        return self._entries[rows[0].row()].number if rows else None
