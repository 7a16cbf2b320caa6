"""Colour spaces of video, by FFmpeg's numbers."""

RGB, UNSPECIFIED = 0, 2  # no YUV, and a colour space that the file does not state

# weights of red and blue in the brightness (ITU-R BT.601, BT.709, BT.2020)
BT601, BT709, BT2020 = (0.299, 0.114), (0.2126, 0.0722), (0.2627, 0.0593)
RED_BLUE = {1: BT709, UNSPECIFIED: BT601, 5: BT601, 6: BT601, 9: BT2020}  # an unspecified colour space is taken for BT.601
