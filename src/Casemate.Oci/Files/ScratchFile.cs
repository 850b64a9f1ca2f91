using System.Security.Cryptography;

namespace Casemate.Oci.Files;

/// <summary>A file for what does not fit into memory, readable by its owner alone, which no crash leaves behind.</summary>
internal static class ScratchFile
{
    /// <summary>Makes the file.</summary>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: the directory cannot be written.</exception>
    public static FileStream Create(string? directory)
    {
        var path = Path.Combine(directory ?? Path.GetTempPath(), "casemate-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None };
            if (OperatingSystem.IsWindows())
            {
                options.Options = FileOptions.DeleteOnClose;
                return new FileStream(path, options);
            }

            // Without a name it is gone when it is closed, by whomever and however.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            var stream = new FileStream(path, options);
            File.Delete(path);
            return stream;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OciException(
                OciError.Storage, $"No scratch file can be made in '{Quoted.Of(Path.GetDirectoryName(path))}': {failure.Message}", cause: failure);
        }
    }
}
