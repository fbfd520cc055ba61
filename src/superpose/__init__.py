"""superpose lays one image exactly over another.

>>> import superpose
>>> result = superpose.register(fixed, moving)  # doctest: +SKIP
>>> result.describe(), result.warp()  # doctest: +SKIP
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
