using Casemate.Oci;
using Casemate.Oci.Layout;

namespace Casemate.Cli.Image;

/// <summary>Writes a new image into a place that a command line names, and leaves nothing half-written behind.</summary>
internal static class NewImage
{
    /// <summary>Opens the place, lets an image be written into it, and closes it.</summary>
    /// <param name="location">The place.</param>
    /// <param name="write">Writes the image into the target.</param>
    /// <returns>What <paramref name="write"/> gave.</returns>
    public static async Task<T> WriteAsync<T>(ImageLocation location, Func<IImageTarget, Task<T>> write)
    {
        var isNew = location.Transport is ImageTransport.OciLayout && !Directory.Exists(location.Path);
        var isWritten = false;
        IImageTarget? target = null;
        try
        {
            target = location.OpenTarget(null, OciLimits.Default);
            var image = await write(target);
            isWritten = true;
            return image;
        }
        finally
        {
            await ((target as IAsyncDisposable)?.DisposeAsync() ?? ValueTask.CompletedTask);
            if (isNew && !isWritten)
            {
                RemoveWithoutImages(location.Path);
            }
        }
    }

    // A directory that was not there before goes again, unless somebody else wrote an image into it meanwhile.
    private static void RemoveWithoutImages(string path)
    {
        if (Directory.Exists(path) && !HasImages(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static bool HasImages(string path)
    {
        try
        {
            return OciLayout.Open(path).Manifests.Count > 0;
        }
        catch (OciException)
        {
            return false;                                                   // it did not come as far as a layout
        }
    }
}
