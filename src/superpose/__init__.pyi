from . import metrics as metrics
from . import transforms as transforms
from ._io.transforms.json import load as load
from ._register import register as register
from ._sampling.pyramid import pyramid as pyramid
from ._version import __version__ as __version__
from .errors import InputError as InputError
from .errors import SuperposeError as SuperposeError
from .errors import UnreliableError as UnreliableError
from .image import Grid as Grid
from .image import Image as Image
from .result import Level as Level
from .result import Registration as Registration
from .transforms.base import Transform as Transform
from .transforms.landmarks import fit_transform as fit_transform
from .transforms.linear import Linear as Linear
from .transforms.linear import affine as affine
from .transforms.linear import from_matrix as from_matrix
from .transforms.linear import rigid as rigid
from .transforms.linear import similarity as similarity
from .transforms.linear import translation as translation

__all__ = [
    "Grid",
    "Image",
    "InputError",
    "Level",
    "Linear",
    "Registration",
    "SuperposeError",
    "Transform",
    "UnreliableError",
    "__version__",
    "affine",
    "fit_transform",
    "from_matrix",
    "load",
    "metrics",
    "pyramid",
    "register",
    "rigid",
    "similarity",
    "transforms",
    "translation",
]
