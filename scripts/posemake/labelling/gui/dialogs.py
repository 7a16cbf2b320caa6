"""The labeller's help, and the list of all changes to go back to."""

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

from posemake.labelling.gui.shortcuts import GROUPS, MOUSE, keys_text
from posemake.labelling.store.history import Entry

MOST = 5000  # changes that are listed, the newest: more is no list to look through


def help_html() -> str:
    """All keys and what the mouse does, as a page."""
    groups = {"Mouse": MOUSE} | {name: [(keys_text(c), c.what) for c in group] for name, group in GROUPS.items()}
    rows = []
    for name, pairs in groups.items():
        rows.append(f"<tr><td colspan='2' style='padding: 12px 0 3px 0'><b>{name}</b></td></tr>")
        for keys, what in pairs:
            left = f"<td style='padding: 1px 24px 1px 12px; white-space: nowrap'>{html.escape(keys)}</td>"
            rows.append(f"<tr>{left}<td>{html.escape(what)}</td></tr>")
    return (
        "<p>A frame is done when each keypoint has a decision: placed, accepted, occluded or absent. Hollow points are "
        "proposals: predictions, or points carried over from the frame before. They become labels only when you accept or move "
        f"them. Each change is on the disk before the next.</p><table>{''.join(rows)}</table>"
    )


class Help(QDialog):
    """Stays open beside the work."""

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


class History(QDialog):
    """The changes to one label file, the newest first; ``number`` is that of the chosen one after ``exec``."""

    def __init__(self, parent: QWidget, entries: Sequence[Entry], read_only: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle("All changes to this video")
        self.resize(720, 520)
        self._entries = list(entries)[: -MOST - 1 : -1]
        self.table = QTableWidget(len(self._entries), 4)
        self.table.setHorizontalHeaderLabels(["time", "image", "change", "by"])
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        for row, entry in enumerate(self._entries):
            what = f"{entry.what} (refused: the file had been changed outside)" if entry.refused else entry.what
            for column, text in enumerate((entry.time.replace("T", " "), entry.image, what, entry.by)):
                self.table.setItem(row, column, QTableWidgetItem(text))
        for column in (0, 1, 3):
            self.table.resizeColumnToContents(column)
        text = QLabel("Takes the image back to how it was after the chosen change. That is a change too, and can be undone.")
        text.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.restore = buttons.addButton("Go back to this", QDialogButtonBox.ButtonRole.AcceptRole)
        self.restore.setEnabled(False)
        self.table.itemSelectionChanged.connect(lambda: self.restore.setEnabled(not read_only and self.number is not None))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (text, self.table, buttons):
            column.addWidget(widget)

    @property
    def number(self) -> int | None:
        """The number of the chosen change, or None."""
        rows = self.table.selectionModel().selectedRows()
        return self._entries[rows[0].row()].number if rows else None
