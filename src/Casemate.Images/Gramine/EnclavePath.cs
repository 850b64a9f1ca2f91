namespace Casemate.Images.Gramine;

/// <summary>Paths in an enclave's file system.</summary>
internal static class EnclavePath
{
    /// <summary>Refuses what is no path from the root in normal form that a manifest can carry; a slash at its end is accepted for the
    /// root alone.</summary>
    /// <exception cref="EnclaveImageException"><see cref="EnclaveImageError.InvalidSetting"/>.</exception>
    public static void Require(string path, string what)
    {
        if (!path.StartsWith('/') || path.Any(char.IsControl) || path.Split('/').Any(part => part is "." or "..")
            || (path != "/" && (path.EndsWith('/') || path.Contains("//", StringComparison.Ordinal))))
        {
            throw new EnclaveImageException(
                EnclaveImageError.InvalidSetting, $"{what} '{Shown.Of(path)}' is not a path from the root",
                "Write it as /DIRECTORY, without a slash at its end.");
        }
    }

    /// <summary>A relative path below a directory, without dots.</summary>
    public static string Join(string directory, string relative)
    {
        var parts = new List<string>();
        foreach (var part in directory.Split('/').Concat(relative.Split('/')))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }
}
