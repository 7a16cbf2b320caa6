"""Dark and light: the colours of the labeller's window."""

from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QApplication

THEMES = ("dark", "light")
# the role of Qt's palette: its colour in the dark and in the light theme
COLORS = {
    "Window": ("#25292e", "#f3f4f6"),
    "WindowText": ("#e3e6e9", "#1c1f23"),
    "Base": ("#1b1e22", "#ffffff"),
    "AlternateBase": ("#2c3137", "#f7f8fa"),
    "Text": ("#e3e6e9", "#1c1f23"),
    "Button": ("#353b42", "#e6e9ed"),
    "ButtonText": ("#e3e6e9", "#1c1f23"),
    "Highlight": ("#3d6fb4", "#2f6fc4"),
    "HighlightedText": ("#ffffff", "#ffffff"),
    "ToolTipBase": ("#353b42", "#ffffff"),
    "ToolTipText": ("#e3e6e9", "#1c1f23"),
    "PlaceholderText": ("#98a1aa", "#5f6770"),
    "Mid": ("#444b53", "#c2c7cd"),
    "Light": ("#4d555e", "#ffffff"),
    "Dark": ("#15171a", "#a9afb6"),
}
GROUNDS = {"dark": "#15171a", "light": "#cfd3d8"}  # around the picture
# of the line over the picture: ground, under white ink
BANNERS = {"note": "#2f5c94", "warn": "#8a5a00", "bad": "#a32e2e"}


def palette(name: str) -> QPalette:
    """Qt's colours of a theme, `dark` or `light`."""
    made, column = QPalette(), THEMES.index(name)
    for role, colors in COLORS.items():
        made.setColor(getattr(QPalette.ColorRole, role), QColor(colors[column]))
    for role in ("WindowText", "Text", "ButtonText"):
        faint = QColor(COLORS["PlaceholderText"][column])
        made.setColor(QPalette.ColorGroup.Disabled, getattr(QPalette.ColorRole, role), faint)
    return made


def use_theme(app: QApplication, name: str) -> None:
    """Give all windows a theme."""
    app.setStyle("Fusion")  # the one style that looks the same everywhere and keeps to the palette
    app.setPalette(palette(name))


def system_theme(app: QApplication) -> str:
    """What the desktop asks for; dark where it does not say, as frames are looked at best in it."""
    return "light" if app.styleHints().colorScheme().name == "Light" else "dark"
