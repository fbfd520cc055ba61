"""superpose lays one image exactly over another.

>>> import superpose
>>> result = superpose.register(fixed, moving)  # doctest: +SKIP
>>> result.describe(), result.warp()  # doctest: +SKIP
"""

import sys


# What looks names up is loaded with the first of them: the program, which has none to look up here, begins at once.
def __getattr__(name):
    import lazy_loader

    names = globals()
    names["__getattr__"], names["__dir__"], names["__all__"] = lazy_loader.attach_stub(__name__, __file__)
    return getattr(sys.modules[__name__], name)


def __dir__():
    return __getattr__("__dir__")()
