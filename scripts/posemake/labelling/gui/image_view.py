"""The labeller's picture: napari's layers for the frame, its points, proposals and skeleton, and what the mouse does on them.

Points are (x, y) as everywhere; napari's own order is (y, x). Its pixel centres are whole numbers too, so nothing is shifted.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Points, Vectors
from napari.qt import QtViewer
from qtpy.QtCore import QObject, Signal

from posemake.labelling.gui.image_display import Look, fit_box, shown

GRIP = 8  # screen pixels around a point that are the point
STILL = 4  # screen pixels that the mouse may move in a click
AROUND = 1.8  # times the animal, what is shown of it
ZOOMS = (0.02, 200.0)  # screen pixels per pixel of the picture


class View(QObject):
    """The picture of one frame, and its points by keypoint (K)."""

    clicked = Signal(float, float, int, bool)  # x, y, keypoint under the pointer or -1, Shift held
    right_clicked = Signal(int)  # keypoint under the pointer or -1
    moved = Signal(int, float, float)  # keypoint, x, y

    def __init__(self, keypoints: Sequence[str], colors: Sequence[Sequence[float]], skeleton: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self._viewer = ViewerModel()
        self.widget = QtViewer(self._viewer)
        self.widget.setAcceptDrops(False)  # napari would open a file that is dropped here
        count, colors = len(keypoints), np.c_[np.array(colors, float).reshape(-1, 3), np.ones(len(keypoints))]
        self._skeleton = list(skeleton)
        self._picture = np.zeros((2, 2, 3), np.uint8)
        self.look = Look()
        self.xy = np.full((count, 2), np.nan)
        self.proposals = np.full((count, 2), np.nan)
        self._dragged: int | None = None
        self._last: np.ndarray | None = None  # where the animal was seen last, (N, 2)
        self._fitted = True  # the whole frame is shown: keep it so when the window changes its size
        names = {"string": "  {name}", "anchor": "upper_left", "size": 9, "color": colors, "visible": False}
        common = {"features": {"name": list(keypoints)}, "shown": np.zeros(count, bool), "size": 1e6}
        nowhere = np.zeros((count, 2))
        clear = np.zeros((count, 4))
        self._image = Image(self._picture, rgb=True, name="frame")
        self._bones = Vectors(np.zeros((1, 2, 2)), vector_style="line", edge_color="white", opacity=0.7, name="skeleton")
        self._rings = Points(
            nowhere, face_color=clear, border_color=colors, border_width=0.2, text=names, name="proposals", **common
        )
        self._discs = Points(
            nowhere, face_color=colors, border_color="black", border_width=0.1, text=names, name="points", **common
        )
        for layer in (self._image, self._bones, self._rings, self._discs):
            self._viewer.add_layer(layer)
        self._viewer.layers.selection.active = self._image
        camera = self._viewer.scene.camera
        camera.mouse_pan = False  # by ours, so that a click that trembles does not move the picture
        camera.events.zoom.connect(self._on_zoom)
        self._viewer.cursor.style = "cross"
        self._viewer.mouse_drag_callbacks.append(self._on_press)
        self._viewer.mouse_move_callbacks.append(self._on_hover)
        self._viewer.mouse_wheel_callbacks.append(self._on_wheel)
        self._pointer: np.ndarray | None = None  # where it is in the frame
        self.chosen = 0
        self._hidden: set[str] = set()
        self.set_point_size(10)

    # what is shown

    @property
    def canvas(self) -> Any:
        """The Qt widget that is drawn on."""
        return self.widget.canvas.native

    def show_picture(self, picture: np.ndarray) -> None:
        """Show a frame (H, W, 3) uint8; zoom and place are kept unless its size is another one."""
        other = picture.shape != self._picture.shape
        self._picture = picture
        self._image.data = shown(picture, self.look)
        if other or self._fitted:
            self.fit()

    def set_look(self, look: Look) -> None:
        """Show the frame brighter, darker, …; no file is changed."""
        self.look = look
        self._image.data = shown(self._picture, look)

    def set_ground(self, color: str) -> None:
        """Give the ground around the picture a colour."""
        self._viewer.canvas.background_color_override = color

    def set_point_size(self, size: float) -> None:
        """Diameter of points in screen pixels, whatever the zoom: they are larger than any screen, and drawn at their limit."""
        for layer in (self._rings, self._discs):
            layer.canvas_size_limits = (2, size)

    def switch(self, name: str, on: bool) -> None:
        """Show or hide all `points`, their `names`, the `skeleton`, or the `others` than the chosen keypoint's."""
        if name == "names":
            for layer in (self._rings, self._discs):
                layer.text.visible = on
        else:
            self._hidden = self._hidden - {name} if on else self._hidden | {name}
            self.redraw()

    def show_points(self, xy: np.ndarray, proposals: np.ndarray, chosen: int) -> None:
        """Show points (K, 2) and proposals (K, 2), NaN for none; a keypoint that has a point has no ring."""
        self.xy = xy.copy()
        self.proposals = np.where(np.isnan(xy), proposals, np.nan)
        self.chosen = chosen
        there = self.xy if not np.isnan(self.xy).all() else self.proposals
        if not np.isnan(there).all():
            self._last = there.copy()
        self.redraw()

    def redraw(self) -> None:
        """Bring the layers to what is to be seen."""
        seen = self._seen()
        for layer, points in ((self._rings, self.proposals), (self._discs, self.xy)):
            visible = seen & ~np.isnan(points[:, 0])
            data = np.where(visible[:, None], points[:, ::-1], 0.0)
            if not np.array_equal(layer.data, data):
                layer.data = data
            if not np.array_equal(layer.shown, visible):
                layer.shown = visible
            self._set_visible(layer, bool(visible.any()))  # napari draws a point at the origin where all are hidden
        border = np.tile([0.0, 0.0, 0.0, 0.8], (len(self.xy), 1))
        border[self.chosen] = 1.0
        if not np.array_equal(self._discs.border_color, border.astype(self._discs.border_color.dtype)):
            self._discs.border_color = border
        both = np.where(np.isnan(self.xy), self.proposals, self.xy)[:, ::-1]
        lines = [[both[a], both[b] - both[a]] for a, b in self._skeleton if not np.isnan(both[[a, b]]).any()]
        show = bool(lines) and not self._hidden
        if show:
            self._bones.data = np.array(lines)
        self._set_visible(self._bones, show)

    @staticmethod
    def _set_visible(layer: Any, visible: bool) -> None:
        if layer.visible != visible:  # napari would build the scene anew
            layer.visible = visible

    def _seen(self) -> np.ndarray:
        """Which keypoints (K,) may be seen."""
        chosen = np.arange(len(self.xy)) == self.chosen
        return (chosen | ("others" not in self._hidden)) & ("points" not in self._hidden)

    # the camera

    def fit(self) -> None:
        """Show the whole frame."""
        self._viewer.fit_to_view(layers=[self._image], margin=0.02)
        self._fitted = True

    def zoom_to_points(self) -> bool:
        """Show the animal, or the place where it was seen last; False if it was never seen."""
        here = [points for points in (self.xy, self.proposals) if not np.isnan(points).all()]
        points = np.concatenate(here) if here else self._last
        if points is None:
            return False
        (x, y), (width, height) = fit_box(points)
        size = np.array([self.canvas.width(), self.canvas.height()])
        whole = (size / self._picture.shape[1::-1]).min()
        self._to(max(whole, (size / (width, height)).min() / AROUND), (y, x))
        return True

    def zoom_by(self, factor: float) -> None:
        """Come closer by a factor, or go farther, about the middle of the window."""
        self._to(self.zoom * factor, self._viewer.scene.camera.center[-2:])

    @property
    def zoom(self) -> float:
        """Screen pixels per pixel of the frame."""
        return self._viewer.scene.camera.zoom

    def _to(self, zoom: float, center: Sequence[float]) -> None:
        self._fitted, self._pointer = False, None
        self._viewer.scene.camera.zoom = float(np.clip(zoom, *ZOOMS))
        self._viewer.scene.camera.center = (0.0, *map(float, center))

    def resized(self) -> None:
        """To be called when the window has a new size."""
        if self._fitted:
            self.fit()

    def _on_zoom(self, event: Any = None) -> None:
        self._bones.edge_width = 1.5 / self.zoom

    def _on_wheel(self, viewer: Any, event: Any) -> None:
        self._fitted = False

    # the mouse

    def _where(self, event: Any) -> np.ndarray:
        """(x, y) in the frame of the middle of the screen's pixel under the pointer; Qt tells that pixel's corner."""
        y, x = event.position[-2:]
        offset = np.full(2, 0.5 / self.canvas.devicePixelRatioF())
        if event.type != "mouse_move":  # moves come late, when Qt's own event is gone
            exact = event.native.position()
            offset += np.array([exact.x(), exact.y()]) - event.pos[:2]
        return np.array([x, y]) + offset / self.zoom

    def _under(self, xy: np.ndarray) -> int:
        """The keypoint whose point or ring is nearest and within reach, or -1."""
        both = np.where(np.isnan(self.xy), self.proposals, self.xy)
        distance = np.where(self._seen() & ~np.isnan(both[:, 0]), np.hypot(*(both - xy).T) * self.zoom, np.inf)
        near = int(np.argmin(distance))
        return near if distance[near] <= GRIP else -1

    def _on_hover(self, viewer: Any, event: Any) -> None:
        self._pointer = self._where(event)
        self._viewer.cursor.style = "cross" if self.hovered < 0 else "pointing"

    @property
    def hovered(self) -> int:
        """The keypoint under the pointer, or -1."""
        return -1 if self._pointer is None else self._under(self._pointer)

    def inside(self, xy: np.ndarray) -> bool:
        """Whether a place is in the frame."""
        height, width = self._picture.shape[:2]
        return bool(-0.5 <= xy[0] <= width - 0.5 and -0.5 <= xy[1] <= height - 0.5)

    def _on_press(self, viewer: Any, event: Any) -> Iterator[None]:
        """From press to release: a click, a point that is moved, or the picture that is."""
        start, pressed, button = self._where(event), np.array(event.pos[:2], float), event.button
        near, shift = self._under(start), "Shift" in [key.name for key in event.modifiers]
        grabbed = np.where(np.isnan(self.xy), self.proposals, self.xy)[near].copy()
        center = np.array(self._viewer.scene.camera.center[-2:], float)
        self._pointer, moving = start, False
        yield
        while True:
            offset = np.array(event.pos[:2], float) - pressed
            moving = moving or bool(np.hypot(*offset) > STILL)
            if moving and button == 1 and near >= 0:
                self._drag(near, grabbed + self._where(event) - start)
            elif moving:
                self._to(self.zoom, center - offset[::-1] / self.zoom)
            if event.type == "mouse_release":
                break
            yield
        if moving and button == 1 and near >= 0:
            self.moved.emit(near, *self.xy[near].tolist())
        elif not moving and button == 1:
            self.clicked.emit(*start.tolist(), near, shift)
        elif not moving and button == 2:
            self.right_clicked.emit(near)

    def _drag(self, keypoint: int, xy: np.ndarray) -> None:
        """Draw a point where it is dragged to, at most to the frame's edge."""
        height, width = self._picture.shape[:2]
        self.xy[keypoint] = np.clip(xy, -0.5, (width - 0.5, height - 0.5))
        self.proposals[keypoint] = np.nan
        self.redraw()

    def close(self) -> None:
        """Let go of napari's canvas."""
        self.widget.close()
