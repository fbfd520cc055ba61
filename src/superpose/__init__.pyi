from . import metrics as metrics
from . import transforms as transforms
from ._io.files import read as read
from ._io.files import write as write
from ._io.series import Series as Series
from ._io.series import read_series as read_series
from ._io.transforms.json import load as load
from ._jobs.average_result import AverageMember as AverageMember
from ._jobs.average_result import AverageResult as AverageResult
from ._jobs.averages import average as average
from ._jobs.channels import AlignedChannels as AlignedChannels
from ._jobs.channels import align_channels as align_channels
from ._jobs.large import register_large as register_large
from ._jobs.local_shifts import LocalShifts as LocalShifts
from ._jobs.mosaic_files import load_mosaic as load_mosaic
from ._jobs.mosaic_result import MosaicImage as MosaicImage
from ._jobs.mosaic_result import MosaicLink as MosaicLink
from ._jobs.mosaic_result import MosaicResult as MosaicResult
from ._jobs.mosaics import mosaic as mosaic
from ._jobs.plates import Plate as Plate
from ._jobs.plates import colorize as colorize
from ._jobs.stack_files import load_stack as load_stack
from ._jobs.stack_result import StackFrame as StackFrame
from ._jobs.stack_result import StackResult as StackResult
from ._jobs.stacks import stack as stack
from ._jobs.super_resolution import super_resolve as super_resolve
from ._jobs.super_result import SuperResolved as SuperResolved
from ._landscape.sample import landscape as landscape
from ._landscape.view import Landscape as Landscape
from ._register import register as register
from ._report.plots import plot_pyramid as plot_pyramid
from ._sampling.prepared import Prepared as Prepared
from ._sampling.prepared import prepare as prepare
from ._sampling.pyramid import pyramid as pyramid
from ._search.search_range import SearchRange as SearchRange
from ._spatial import Image as Image
from ._version import __version__ as __version__
from .errors import AssumptionWarning as AssumptionWarning
from .errors import InputError as InputError
from .errors import MissingPackageError as MissingPackageError
from .errors import SuperposeError as SuperposeError
from .errors import UnreliableError as UnreliableError
from .errors import UnreliableWarning as UnreliableWarning
from .grid import Grid as Grid
from .image import Raster as Raster
from .result import Basin as Basin
from .result import Explained as Explained
from .result import Level as Level
from .result import Registration as Registration
from .result import TileShifts as TileShifts
from .transforms.base import Transform as Transform
from .transforms.constructors import affine as affine
from .transforms.constructors import from_matrix as from_matrix
from .transforms.constructors import homography as homography
from .transforms.constructors import rigid as rigid
from .transforms.constructors import similarity as similarity
from .transforms.constructors import translation as translation
from .transforms.landmarks import fit_transform as fit_transform
from .transforms.matrix import MatrixTransform as MatrixTransform
from .transforms.view import ViewTransform as ViewTransform

__all__ = [
    "AlignedChannels",
    "AssumptionWarning",
    "AverageMember",
    "AverageResult",
    "Basin",
    "Explained",
    "Grid",
    "Image",
    "InputError",
    "Landscape",
    "Level",
    "LocalShifts",
    "MatrixTransform",
    "MissingPackageError",
    "MosaicImage",
    "MosaicLink",
    "MosaicResult",
    "Plate",
    "Prepared",
    "Raster",
    "Registration",
    "SearchRange",
    "Series",
    "StackFrame",
    "StackResult",
    "SuperResolved",
    "SuperposeError",
    "TileShifts",
    "Transform",
    "UnreliableError",
    "UnreliableWarning",
    "ViewTransform",
    "__version__",
    "affine",
    "align_channels",
    "average",
    "colorize",
    "fit_transform",
    "from_matrix",
    "homography",
    "landscape",
    "load",
    "load_mosaic",
    "load_stack",
    "metrics",
    "mosaic",
    "plot_pyramid",
    "prepare",
    "pyramid",
    "read",
    "read_series",
    "register",
    "register_large",
    "rigid",
    "similarity",
    "stack",
    "super_resolve",
    "transforms",
    "translation",
    "write",
]
