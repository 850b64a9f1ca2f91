using Casemate.Oci;
using Casemate.Primitives.Files;

namespace Casemate.KataPolicy.Layers;

/// <summary>
/// Keeps what was computed of layers in a directory, one small file for each layer and form of device. Files are written whole or not at
/// all, carry their own digest, and a damaged one counts as absent; several processes may use one directory.
/// </summary>
/// <remarks>
/// The digest finds damage, not malice: whoever can write there decides which root hashes a policy will hold. A directory that others
/// may write to is therefore not used.
/// </remarks>
public sealed class LayerRootDirectory : ILayerRootCache
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _directory;

    /// <summary>Uses a directory.</summary>
    /// <param name="directory">The directory; made, for its owner alone, when the first layer is kept.</param>
    public LayerRootDirectory(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = Path.GetFullPath(directory);
    }

    /// <summary>Why the directory is not used; null when it is.</summary>
    public string? Problem => OperatingSystem.IsWindows() || !Directory.Exists(_directory)
        || (File.GetUnixFileMode(_directory) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0
        ? null
        : $"others may write to the directory '{_directory}', so what it says of layers is not believed: chmod 700 it, and remove what is in it";

    /// <summary>
    /// The directory to use when none is named: <c>CASEMATE_LAYER_CACHE</c>, else <c>casemate/layers</c> in <c>XDG_CACHE_HOME</c> or in
    /// <c>~/.cache</c>; null when there is none of these.
    /// </summary>
    /// <param name="environment">Answers the value of an environment variable; null when it is not set.</param>
    public static string? DefaultPath(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (environment("CASEMATE_LAYER_CACHE") is { Length: > 0 } named)
        {
            return named;
        }

        // The specification says that a relative path here counts as not set.
        return environment("XDG_CACHE_HOME") is { Length: > 0 } cache && Path.IsPathFullyQualified(cache) ? Path.Combine(cache, "casemate", "layers")
            : environment("HOME") is { Length: > 0 } home && Path.IsPathFullyQualified(home) ? Path.Combine(home, ".cache", "casemate", "layers")
            : null;
    }

    /// <inheritdoc/>
    public ValueTask<LayerRoot?> FindAsync(Digest diffId, LayerProfile profile, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(diffId);
        var path = PathOf(diffId, profile);
        try
        {
            return ValueTask.FromResult(
                File.Exists(path) && Problem is null ? LayerRootRecord.Read(WholeFile.Read(path, LayerRootRecord.MaxBytes), diffId, profile) : null);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FileTooLargeException)
        {
            // As good as absent: the layer is computed, and the file is written again.
            return ValueTask.FromResult<LayerRoot?>(null);
        }
    }

    /// <inheritdoc/>
    public ValueTask KeepAsync(LayerRoot root, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(root);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(_directory);
            }
            else
            {
                Directory.CreateDirectory(_directory, OwnerAlone);
            }

            if (Problem is null)
            {
                AtomicFile.Write(PathOf(root.DiffId, root.Profile), LayerRootRecord.Write(root));
            }
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // A full disk or a read-only home costs time at the next call, and nothing else.
        }

        return ValueTask.CompletedTask;
    }

    private string PathOf(Digest diffId, LayerProfile profile) =>
        Path.Combine(_directory, $"{diffId.Algorithm}-{diffId.Hex}.{LayerRootRecord.NameOf(profile)}.json");
}
