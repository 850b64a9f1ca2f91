using System.Buffers;
using System.Text;
using System.Text.Json;
using Casemate.KataPolicy.Layers;
using Casemate.Oci;
using Casemate.Primitives.Files;
using Casemate.Primitives.Json;

namespace Casemate.KataPolicy.Images;

/// <summary>
/// A cache in a directory of the user's own. Files appear whole or not at all; a file that is damaged counts as not there. Several
/// processes may share it. It can be removed at any time.
/// </summary>
public sealed class ImageFactsDirectory : IImageFactsCache
{
    private const int MaxDocumentBytes = 8 << 20;
    private const int MaxLayerFileBytes = 4 << 20;
    private const string Version = "casemate-layer-files-1";

    private readonly string _documents;
    private readonly string _layers;

    /// <summary>Uses a directory, which is made when the first thing is kept.</summary>
    /// <param name="directory">The directory; nobody else should be able to write to it.</param>
    public ImageFactsDirectory(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _documents = Path.Combine(directory, "documents");
        _layers = Path.Combine(directory, "layers");
    }

    /// <inheritdoc/>
    public (string MediaType, byte[] Content)? FindDocument(Digest digest)
    {
        ArgumentNullException.ThrowIfNull(digest);
        if (TryRead(Path.Combine(_documents, NameOf(digest)), MaxDocumentBytes) is not { } bytes
            || bytes.AsSpan().IndexOf((byte)'\n') is not (> 0 and var end))
        {
            return null;
        }

        return (Encoding.UTF8.GetString(bytes.AsSpan(0, end)), bytes[(end + 1)..]);
    }

    /// <inheritdoc/>
    public void KeepDocument(Digest digest, string mediaType, ReadOnlySpan<byte> content)
    {
        ArgumentNullException.ThrowIfNull(digest);
        ArgumentNullException.ThrowIfNull(mediaType);
        if (content.Length < MaxDocumentBytes - 256 && mediaType.Length < 200 && !mediaType.Contains('\n', StringComparison.Ordinal))
        {
            Write(_documents, digest, [.. Encoding.UTF8.GetBytes(mediaType), (byte)'\n', .. content]);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<WatchedFile>? FindLayer(Digest diffId)
    {
        ArgumentNullException.ThrowIfNull(diffId);
        if (TryRead(Path.Combine(_layers, NameOf(diffId)), MaxLayerFileBytes) is not { } bytes
            || !StrictJson.TryParse(bytes, out var document, out _))
        {
            return null;
        }

        using (document)
        {
            return ReadLayer(document.RootElement);
        }
    }

    /// <inheritdoc/>
    public void KeepLayer(Digest diffId, IReadOnlyList<WatchedFile> files)
    {
        ArgumentNullException.ThrowIfNull(diffId);
        ArgumentNullException.ThrowIfNull(files);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("version", Version);
            json.WriteStartArray("files");
            foreach (var file in files)
            {
                json.WriteStartObject();
                json.WriteString("path", file.Path);
                json.WriteString("state", Name(file.State));
                json.WriteBase64String("content", file.Content.Span);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (buffer.WrittenCount <= MaxLayerFileBytes)
        {
            Write(_layers, diffId, buffer.WrittenSpan);
        }
    }

    private static WatchedFile[]? ReadLayer(JsonElement root)
    {
        if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty("version", out var version)
            || version.ValueKind is not JsonValueKind.String || !version.ValueEquals(Version)
            || !root.TryGetProperty("files", out var files) || files.ValueKind is not JsonValueKind.Array)
        {
            return null;
        }

        var read = new List<WatchedFile>();
        foreach (var file in files.EnumerateArray())
        {
            if (file.ValueKind is not JsonValueKind.Object
                || !file.TryGetProperty("path", out var path) || path.ValueKind is not JsonValueKind.String
                || !file.TryGetProperty("state", out var state) || state.ValueKind is not JsonValueKind.String
                    || State(state.GetString()) is not { } known
                || !file.TryGetProperty("content", out var content) || content.ValueKind is not JsonValueKind.String
                || !content.TryGetBytesFromBase64(out var bytes))
            {
                return null;
            }

            read.Add(new WatchedFile(path.GetString()!, known, bytes));
        }

        return read.Select(file => file.Path).SequenceEqual(LayerRoots.WatchedFiles) ? [.. read] : null;
    }

    private static string Name(WatchedFileState state) => state switch
    {
        WatchedFileState.Absent => "absent",
        WatchedFileState.Present => "present",
        WatchedFileState.Removed => "removed",
        WatchedFileState.NotAFile => "not-a-file",
        WatchedFileState.TooLarge => "too-large",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    private static WatchedFileState? State(string? name) => name switch
    {
        "absent" => WatchedFileState.Absent,
        "present" => WatchedFileState.Present,
        "removed" => WatchedFileState.Removed,
        "not-a-file" => WatchedFileState.NotAFile,
        "too-large" => WatchedFileState.TooLarge,
        _ => null,
    };

    private static string NameOf(Digest digest) => $"{digest.Algorithm}-{digest.Hex}";

    private static byte[]? TryRead(string path, int limit)
    {
        try
        {
            return File.Exists(path) ? WholeFile.Read(path, limit) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FileTooLargeException)
        {
            return null;
        }
    }

    // A cache that cannot be written makes work slower, and nothing else.
    private static void Write(string directory, Digest digest, ReadOnlySpan<byte> content)
    {
        try
        {
            var path = Path.Combine(directory, NameOf(digest));
            if (File.Exists(path))
            {
                return;
            }

            _ = OperatingSystem.IsWindows()
                ? Directory.CreateDirectory(directory)
                : Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            AtomicFile.Write(path, content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;
        }
    }
}
