"""Image view of the labelling window: frame, points, proposals and skeleton, drawn by napari, and mouse actions on them.

Positions are (x, y); napari's own order is (y, x). In both, the centre of the top-left pixel is (0, 0).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Points, Vectors
from napari.qt import QtViewer
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QWidget

from posemake.labelling.gui.image_display import DisplaySettings, adjust_image, bounding_box

HIT_RADIUS = 8  # screen pixels; the pointer is on a point if it is this near
CLICK_TOLERANCE = 4  # screen pixels; a press that moves less is a click, not a drag
ZOOM_MARGIN = 1.8  # zooming to the animal shows its bounding box times this
ZOOM_RANGE = (0.02, 200.0)  # screen pixels per pixel of the frame
LEFT_BUTTON, RIGHT_BUTTON = 1, 2  # napari's numbers


class ImageView(QObject):
    """The current frame with its points.

    Parameters
    ----------
    keypoints
        Names of the keypoints (K).
    colors
        (red, green, blue) in 0 … 1 of each keypoint.
    skeleton
        Pairs of indices of keypoints.
    """

    clicked = Signal(float, float, int, bool)  # x, y, index of the keypoint under the pointer or -1, whether Shift is held
    right_clicked = Signal(int)  # index of the keypoint under the pointer or -1
    moved = Signal(int, float, float)  # index of the keypoint, x, y

    def __init__(self, keypoints: Sequence[str], colors: Sequence[Sequence[float]], skeleton: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self._viewer = ViewerModel()
        self.widget = QtViewer(self._viewer)
        self.widget.setAcceptDrops(False)  # napari would open a file that is dropped here
        self._skeleton = list(skeleton)
        self._frame = np.zeros((2, 2, 3), np.uint8)
        self.display = DisplaySettings()
        self.xy = np.full((len(keypoints), 2), np.nan)
        self.proposals = np.full((len(keypoints), 2), np.nan)
        self.selected = 0
        self._last_points: np.ndarray | None = None  # (K, 2); where the animal was seen last
        self._fitted = True  # whether the whole frame is shown, and stays so when the window is resized
        self._pointer: np.ndarray | None = None  # (x, y) in the frame
        self._hidden: set[str] = set()  # "points", "skeleton", "others"
        self._add_layers(keypoints, colors)
        self._connect()
        self.set_point_size(10)

    def _add_layers(self, keypoints: Sequence[str], colors: Sequence[Sequence[float]]) -> None:
        count = len(keypoints)
        rgba = np.c_[np.array(colors, float).reshape(-1, 3), np.ones(count)]
        names = {"string": "  {name}", "anchor": "upper_left", "size": 9, "color": rgba, "visible": False}
        common = {"features": {"name": list(keypoints)}, "shown": np.zeros(count, bool), "size": 1e6, "text": names}
        positions, transparent = np.zeros((count, 2)), np.zeros((count, 4))
        self._image_layer = Image(self._frame, rgb=True, name="frame")
        self._skeleton_layer = Vectors(np.zeros((1, 2, 2)), vector_style="line", edge_color="white", opacity=0.7, name="skeleton")
        self._proposal_layer = Points(
            positions, face_color=transparent, border_color=rgba, border_width=0.2, name="proposals", **common
        )
        self._point_layer = Points(positions, face_color=rgba, border_color="black", border_width=0.1, name="points", **common)
        for layer in (self._image_layer, self._skeleton_layer, self._proposal_layer, self._point_layer):
            self._viewer.add_layer(layer)
        self._viewer.layers.selection.active = self._image_layer

    def _connect(self) -> None:
        camera = self._viewer.scene.camera
        camera.mouse_pan = False  # _on_press moves the image itself, so that a slight movement in a click does not
        camera.events.zoom.connect(self._on_zoom)
        self._viewer.cursor.style = "cross"
        self._viewer.mouse_drag_callbacks.append(self._on_press)
        self._viewer.mouse_move_callbacks.append(self._on_hover)
        self._viewer.mouse_wheel_callbacks.append(self._on_wheel)

    # --- image and points

    @property
    def canvas(self) -> QWidget:
        """The Qt widget that shows the image."""
        return self.widget.canvas.native

    def show_frame(self, frame: np.ndarray) -> None:
        """Show a frame (H, W, 3) uint8; zoom and position stay unless the size of the frame changed."""
        resized = frame.shape != self._frame.shape
        self._frame = frame
        self._image_layer.data = adjust_image(frame, self.display)
        if resized or self._fitted:
            self.fit()

    def set_display(self, display: DisplaySettings) -> None:
        """Set brightness, contrast and gamma of the displayed image."""
        self.display = display
        self._image_layer.data = adjust_image(self._frame, display)

    def set_background(self, color: str) -> None:
        """Set the colour around the image."""
        self._viewer.canvas.background_color_override = color

    def set_point_size(self, size: float) -> None:
        """Set the diameter of points in screen pixels at every zoom."""
        for layer in (self._proposal_layer, self._point_layer):
            layer.canvas_size_limits = (2, size)  # the points themselves are huge (size 1e6), so the limit is their size

    def set_shown(self, name: str, shown: bool) -> None:
        """Show or hide something.

        Parameters
        ----------
        name
            `points` (all of them), `names`, `skeleton`, or `others` (all points except that of the selected keypoint).
        shown
            Whether it is shown.
        """
        if name == "names":
            for layer in (self._proposal_layer, self._point_layer):
                layer.text.visible = shown
        else:
            self._hidden = self._hidden - {name} if shown else self._hidden | {name}
            self.redraw()

    def show_points(self, xy: np.ndarray, proposals: np.ndarray, selected: int) -> None:
        """Show points and proposals.

        Parameters
        ----------
        xy
            Positions (K, 2) of labelled keypoints, NaN where there is none.
        proposals
            Proposed positions (K, 2), NaN where there is none; drawn only for keypoints without a position.
        selected
            Index of the selected keypoint.
        """
        self.xy = xy.copy()
        self.proposals = np.where(np.isnan(xy), proposals, np.nan)
        self.selected = selected
        visible = self.xy if not np.isnan(self.xy).all() else self.proposals
        if not np.isnan(visible).all():
            self._last_points = visible.copy()
        self.redraw()

    def redraw(self) -> None:
        """Update napari's layers; unchanged ones are left alone, as each update costs time."""
        for layer, points in ((self._proposal_layer, self.proposals), (self._point_layer, self.xy)):
            visible = self._shown_keypoints() & ~np.isnan(points[:, 0])
            data = np.where(visible[:, None], points[:, ::-1], 0.0)
            if not np.array_equal(layer.data, data):
                layer.data = data
            if not np.array_equal(layer.shown, visible):
                layer.shown = visible
            self._set_visible(layer, bool(visible.any()))  # napari draws a point at the origin where all are hidden
        border = np.tile([0.0, 0.0, 0.0, 0.8], (len(self.xy), 1))
        border[self.selected] = 1.0
        if not np.array_equal(self._point_layer.border_color, border.astype(self._point_layer.border_color.dtype)):
            self._point_layer.border_color = border
        self._redraw_skeleton()

    def _redraw_skeleton(self) -> None:
        points = self._points_or_proposals()[:, ::-1]
        lines = [[points[a], points[b] - points[a]] for a, b in self._skeleton if not np.isnan(points[[a, b]]).any()]
        visible = bool(lines) and not self._hidden
        if visible:
            self._skeleton_layer.data = np.array(lines)
        self._set_visible(self._skeleton_layer, visible)

    @staticmethod
    def _set_visible(layer: Points | Vectors, visible: bool) -> None:
        if layer.visible != visible:  # napari rebuilds the scene even if nothing changed
            layer.visible = visible

    def _shown_keypoints(self) -> np.ndarray:
        """Return which keypoints (K,) are not hidden."""
        selected = np.arange(len(self.xy)) == self.selected
        return (selected | ("others" not in self._hidden)) & ("points" not in self._hidden)

    def _points_or_proposals(self) -> np.ndarray:
        """Return the position (K, 2) of each keypoint, or its proposal where it has no position."""
        return np.where(np.isnan(self.xy), self.proposals, self.xy)

    # --- camera

    def fit(self) -> None:
        """Show the whole frame."""
        self._viewer.fit_to_view(layers=[self._image_layer], margin=0.02)
        self._fitted = True

    def zoom_to_points(self) -> bool:
        """Zoom to the animal, or to where it was seen last; return False if it was never seen."""
        current = [points for points in (self.xy, self.proposals) if not np.isnan(points).all()]
        points = np.concatenate(current) if current else self._last_points
        if points is None:
            return False
        (x, y), box = bounding_box(points)
        canvas = np.array([self.canvas.width(), self.canvas.height()])
        whole_frame = (canvas / self._frame.shape[1::-1]).min()
        self.move_camera(max(whole_frame, (canvas / box).min() / ZOOM_MARGIN), (x, y))
        return True

    def zoom_by(self, factor: float) -> None:
        """Multiply the zoom, about the middle of the view."""
        y, x = self._viewer.scene.camera.center[-2:]
        self.move_camera(self.zoom * factor, (x, y))

    @property
    def zoom(self) -> float:
        """Screen pixels per pixel of the frame."""
        return self._viewer.scene.camera.zoom

    def move_camera(self, zoom: float, center: Sequence[float]) -> None:
        """Show a place.

        Parameters
        ----------
        zoom
            Screen pixels per pixel of the frame; brought into `ZOOM_RANGE`.
        center
            (x, y) in the frame of the middle of the view.
        """
        self._fitted, self._pointer = False, None
        x, y = map(float, center)
        self._viewer.scene.camera.zoom = float(np.clip(zoom, *ZOOM_RANGE))
        self._viewer.scene.camera.center = (0.0, y, x)

    def on_resize(self) -> None:
        """Fit the frame into the resized window, if the whole frame was shown."""
        if self._fitted:
            self.fit()

    def _on_zoom(self, event: Any = None) -> None:
        self._skeleton_layer.edge_width = 1.5 / self.zoom

    def _on_wheel(self, viewer: ViewerModel, event: Any) -> None:
        self._fitted = False

    # --- mouse

    def _frame_position(self, event: Any) -> np.ndarray:
        """Return the position (x, y) in the frame of a mouse event.

        It is that of the middle of the screen pixel under the pointer; Qt gives the pixel's top-left corner.
        """
        y, x = event.position[-2:]
        offset = np.full(2, 0.5 / self.canvas.devicePixelRatioF())
        if event.type != "mouse_move":  # moves arrive late, when Qt's own event is gone
            exact = event.native.position()
            offset += np.array([exact.x(), exact.y()]) - event.pos[:2]
        return np.array([x, y]) + offset / self.zoom

    def _keypoint_at(self, xy: np.ndarray) -> int:
        """Return the keypoint whose point or proposal is nearest to (x, y), or -1 if none is within `HIT_RADIUS`."""
        points = self._points_or_proposals()
        visible = self._shown_keypoints() & ~np.isnan(points[:, 0])
        distance = np.where(visible, np.hypot(*(points - xy).T) * self.zoom, np.inf)
        nearest = int(np.argmin(distance))
        return nearest if distance[nearest] <= HIT_RADIUS else -1

    def _on_hover(self, viewer: ViewerModel, event: Any) -> None:
        self._pointer = self._frame_position(event)
        self._viewer.cursor.style = "cross" if self.hovered < 0 else "pointing"

    @property
    def hovered(self) -> int:
        """Index of the keypoint under the pointer, or -1."""
        return -1 if self._pointer is None else self._keypoint_at(self._pointer)

    def contains(self, x: float, y: float) -> bool:
        """Return whether a position lies in the frame."""
        height, width = self._frame.shape[:2]
        return -0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5

    def _on_press(self, viewer: ViewerModel, event: Any) -> Iterator[None]:
        """Handle the mouse from press to release: click, drag of a point, or drag of the image.

        napari resumes this generator at each mouse event until the button is released.
        """
        start, pressed_at, button = self._frame_position(event), np.array(event.pos[:2], float), event.button
        keypoint, shift = self._keypoint_at(start), "Shift" in [key.name for key in event.modifiers]
        grabbed = self._points_or_proposals()[keypoint].copy()
        y, x = self._viewer.scene.camera.center[-2:]
        center = np.array([x, y], float)
        self._pointer, dragging = start, False
        on_point = button == LEFT_BUTTON and keypoint >= 0
        yield
        while True:
            offset = np.array(event.pos[:2], float) - pressed_at
            dragging = dragging or bool(np.hypot(*offset) > CLICK_TOLERANCE)
            if dragging and on_point:
                self._drag(keypoint, grabbed + self._frame_position(event) - start)
            elif dragging:
                self.move_camera(self.zoom, center - offset / self.zoom)
            if event.type == "mouse_release":
                break
            yield
        if dragging and on_point:
            self.moved.emit(keypoint, *self.xy[keypoint].tolist())
        elif not dragging and button == LEFT_BUTTON:
            self.clicked.emit(*start.tolist(), keypoint, shift)
        elif not dragging and button == RIGHT_BUTTON:
            self.right_clicked.emit(keypoint)

    def _drag(self, keypoint: int, xy: np.ndarray) -> None:
        """Draw a point where it is dragged to, within the frame."""
        height, width = self._frame.shape[:2]
        self.xy[keypoint] = np.clip(xy, -0.5, (width - 0.5, height - 0.5))
        self.proposals[keypoint] = np.nan
        self.redraw()

    def close(self) -> None:
        """Close napari's canvas."""
        self.widget.close()
