"Everything that describes the package stands in settings.ini, which nbdev reads too."
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

parser = ConfigParser(delimiters="=")
parser.read(Path(__file__).parent / "settings.ini", encoding="utf-8")
settings = parser["DEFAULT"]

setup(
    name=settings["lib_name"],
    version=settings["version"],
    description=settings["description"],
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    url=settings["git_url"],
    author=settings["author"],
    author_email=settings["author_email"],
    license="Apache-2.0 AND CC-BY-4.0",
    keywords=settings["keywords"],
    python_requires=">=" + settings["min_python"],
    packages=find_packages(include=["squad_tutorial", "squad_tutorial.*"]),
    package_data={"squad_tutorial": ["pocket/*", "figures.mplstyle"]},
    install_requires=settings["requirements"].split(),
    extras_require={
        "pocket": settings["pocket_requirements"].split(),
        "onnx": settings["onnx_requirements"].split(),
        "dev": settings["dev_requirements"].split(),
    },
    entry_points={"console_scripts": settings["console_scripts"].split()},
    zip_safe=False,
)
