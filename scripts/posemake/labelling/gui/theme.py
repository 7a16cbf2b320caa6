"""Dark and light colour themes of the labelling window."""

from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QApplication

THEMES = ("dark", "light")
# role of Qt's palette: (colour in the dark theme, colour in the light theme)
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
BACKGROUNDS = {"dark": "#15171a", "light": "#cfd3d8"}  # theme: colour around the image
BANNER_COLORS = {"note": "#2f5c94", "warning": "#8a5a00", "error": "#a32e2e"}  # kind of message: background under white text


def make_palette(theme: str) -> QPalette:
    """Return Qt's palette of a theme, `dark` or `light`."""
    palette, column = QPalette(), THEMES.index(theme)
    for role, colors in COLORS.items():
        palette.setColor(getattr(QPalette.ColorRole, role), QColor(colors[column]))
    disabled_text = QColor(COLORS["PlaceholderText"][column])
    for role in ("WindowText", "Text", "ButtonText"):
        palette.setColor(QPalette.ColorGroup.Disabled, getattr(QPalette.ColorRole, role), disabled_text)
    return palette


def apply_theme(app: QApplication, theme: str) -> None:
    """Give all windows of the application a theme, `dark` or `light`."""
    app.setStyle("Fusion")  # the only Qt style that looks the same on every system and uses the whole palette
    app.setPalette(make_palette(theme))


def system_theme(app: QApplication) -> str:
    """Return the theme that the desktop asks for; `dark` if it asks for none."""
    return "light" if app.styleHints().colorScheme().name == "Light" else "dark"
