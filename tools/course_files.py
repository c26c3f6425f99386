"""JupyterLab's view of the course's files: what git tracks is read and run, not saved."""

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

READ_ONLY = ("chapters", "solutions")


class CourseFiles(AsyncLargeFileManager):
    """The files as they are, but the built notebooks as read-only ones.

    Opening a notebook lets JupyterLab note the version of Python in it and save that by itself;
    `git pull` would then refuse to bring the next version. Learners write in work/.
    """

    async def get(self, path, *arguments, **options):
        """Return a file's or folder's model; see the class for what is changed in it."""
        model = await super().get(path, *arguments, **options)
        if path.strip("/").split("/")[0] in READ_ONLY:
            model["writable"] = False
        return model
