using Casemate.Oci.Registry;

namespace Casemate.Oci.Copying;

/// <summary>A blob on its way into a file, which stays when the way is cut, and is where the next attempt goes on.</summary>
internal static class PartialBlob
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Downloads what is missing of a blob, hands the whole of it to <paramref name="use"/>, and removes the file.</summary>
    /// <returns>False, with nothing done, when another copy is at work on the same file, which it may be for long.</returns>
    /// <exception cref="OciException">The blob cannot be read, or the file cannot be written.</exception>
    public static async Task<bool> TryUseAsync(
        string directory, IResumableImageSource source, Descriptor descriptor, Action<long> advanced, Func<Stream, Task> use,
            CancellationToken cancel)
    {
        var path = Path.Combine(directory, $"{descriptor.Digest.Algorithm}-{descriptor.Digest.Hex}.part");
        try
        {
            var file = TryOpen(directory, path);
            if (file is null)
            {
                return false;
            }

            await using (file)
            {
                await FillAsync(file, source, descriptor, advanced, cancel).ConfigureAwait(false);
                file.Position = 0;
                await use(file).ConfigureAwait(false);
            }

            File.Delete(path);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OciException(
                OciError.Storage, $"what arrives of {descriptor.Digest.Short} cannot be kept in '{Quoted.Of(path)}': {Quoted.Of(exception.Message)}",
                "Look at the permissions of that place and the space on its disk.", exception);
        }
    }

    // Nobody else may write to it meanwhile, and it is never somewhere else than it seems.
    private static FileStream? TryOpen(string directory, string path)
    {
        Directory.CreateDirectory(directory);
        if (new DirectoryInfo(directory).LinkTarget is not null || new FileInfo(path).LinkTarget is not null)
        {
            throw new OciException(OciError.Storage, $"'{Quoted.Of(path)}' is a link, or lies behind one, and is not written to");
        }

        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerAlone;
        }

        try
        {
            return new FileStream(path, options);
        }
        catch (IOException)
        {
            // Another copy holds it, or has just removed the directory because it was empty. Whatever else it is, the part is only there
            // to save a second download: the blob goes straight to the target, which says what is wrong if it cannot be written either.
            return null;
        }
    }

    private static async Task FillAsync(
        FileStream file, IResumableImageSource source, Descriptor descriptor, Action<long> advanced, CancellationToken cancel)
    {
        var hadPart = file.Length > 0;
        try
        {
            if (file.Length > descriptor.Size)
            {
                file.SetLength(0);
            }

            await using var rest = await source.OpenRestAsync(descriptor, file, cancel).ConfigureAwait(false);
            var counted = new CountingReadStream(rest, file.Length, advanced);
            await counted.CopyToAsync(file, cancel).ConfigureAwait(false);
        }
        catch (OciException failure) when (failure.Error is OciError.DigestMismatch)
        {
            // What is wrong is not kept. Where some of it was there before, that may have been the wrong part: once more, from nothing.
            file.SetLength(0);
            file.Position = 0;
            if (!hadPart)
            {
                throw;
            }

            await FillAsync(file, source, descriptor, advanced, cancel).ConfigureAwait(false);
        }
    }
}
