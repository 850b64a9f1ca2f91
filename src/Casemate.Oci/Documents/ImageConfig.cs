using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Casemate.Oci.Documents;

/// <summary>
/// The configuration of an image: what it runs on, how it is started, which layers make its root file system. Source: OCI Image Format
/// Specification 1.1, config.md; Docker's configurations have the same members and a few more, which are carried along.
/// </summary>
public sealed record ImageConfig
{
    private static readonly string[] s_timeFormats =
        ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>When the image was made, as RFC 3339 writes it; null where it does not say. See <see cref="CreatedAt"/>.</summary>
    public string? Created { get; init; }

    /// <summary>Who made the image; null where it does not say.</summary>
    public string? Author { get; init; }

    /// <summary>What the image runs on.</summary>
    public required Platform Platform { get; init; }

    /// <summary>How a container is started.</summary>
    public ContainerConfig Config { get; init; } = new();

    /// <summary>The digests of the layers as plain tar archives, the lowest first.</summary>
    public required IReadOnlyList<Digest> DiffIds { get; init; }

    /// <summary>How the layers came about; empty where nobody wrote it down.</summary>
    public IReadOnlyList<HistoryEntry> History { get; init; } = [];

    /// <summary>Members that the specification does not name; written back unchanged.</summary>
    public IReadOnlyDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>The instant that <see cref="Created"/> names, to 100 ns; null where it is absent or not a time.</summary>
    public DateTimeOffset? CreatedAt => ParseTime(Created);

    /// <summary>Reads a configuration.</summary>
    /// <param name="json">The document.</param>
    /// <param name="config">The configuration; null when the document is none.</param>
    /// <param name="problem">What is wrong and where; null after success.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> json, [NotNullWhen(true)] out ImageConfig? config, [NotNullWhen(false)] out string? problem,
        OciLimits? limits = null)
    {
        limits ??= OciLimits.Default;
        config = ObjectReader.Read(json, limits.MaxConfigBytes, root => Read(root, limits), out problem);
        return config is not null;
    }

    /// <summary>Reads a configuration.</summary>
    /// <param name="json">The document.</param>
    /// <param name="name">How the document is named in messages.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    /// <exception cref="OciException"><see cref="OciError.MalformedDocument"/>: it is none; the message says why.</exception>
    public static ImageConfig Parse(ReadOnlyMemory<byte> json, string name, OciLimits? limits = null) =>
        TryRead(json, out var config, out var problem, limits)
            ? config
            : throw new OciException(OciError.MalformedDocument, $"{Quoted.Of(name)} is not an image configuration: {problem}");

    /// <summary>Writes the document; the same configuration gives the same bytes on every machine.</summary>
    public byte[] Write() => DocumentWriter.Object(json =>
    {
        DocumentWriter.Text(json, "created", Created);
        DocumentWriter.Text(json, "author", Author);
        json.WriteString("architecture", Platform.Architecture);
        json.WriteString("os", Platform.Os);
        DocumentWriter.Text(json, "variant", Platform.Variant);
        json.WritePropertyName("config");
        Config.Write(json);
        json.WriteStartObject("rootfs");
        json.WriteString("type", "layers");
        json.WriteStartArray("diff_ids");
        foreach (var diffId in DiffIds)
        {
            json.WriteStringValue(diffId.Text);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        if (History.Count > 0)
        {
            json.WriteStartArray("history");
            foreach (var entry in History)
            {
                entry.Write(json);
            }

            json.WriteEndArray();
        }

        DocumentWriter.Rest(json, Other);
    });

    private static ImageConfig Read(ObjectReader root, OciLimits limits)
    {
        // Present but empty is what signature tools write, whose images run nowhere.
        var variant = root.Text("variant", 64) is { Length: > 0 } its ? its : null;
        var platform = new Platform(root.PresentText("os", 64), root.PresentText("architecture", 64), variant);
        return new ImageConfig
        {
            Created = root.Text("created", 64),
            Author = root.Text("author"),
            Platform = platform,
            Config = root.Object("config") is { } config ? ContainerConfig.Read(config) : new ContainerConfig(),
            DiffIds = ReadDiffIds(root, limits),
            History = [.. root.Objects("history", limits.MaxLayers * 8).Select(HistoryEntry.Read)],
            Other = root.Rest(),
        };
    }

    private static List<Digest> ReadDiffIds(ObjectReader root, OciLimits limits)
    {
        var digests = new List<Digest>();
        if (root.Object("rootfs") is not { } rootFs)
        {
            root.Fail("rootfs", "is missing");
            return digests;
        }

        if (rootFs.RequiredText("type", 64) != "layers")
        {
            rootFs.Fail("type", "is not 'layers'");
        }

        var texts = rootFs.Texts("diff_ids");
        if (texts.Count > limits.MaxLayers)
        {
            rootFs.Fail("diff_ids", $"has {texts.Count} elements, and {limits.MaxLayers} is the limit");
        }

        foreach (var text in texts.Take(limits.MaxLayers))
        {
            if (Digest.TryParse(text, out var digest))
            {
                digests.Add(digest);
            }
            else
            {
                rootFs.Fail("diff_ids", $"has a '{Quoted.Of(text)}', which is not a digest");
            }
        }

        _ = rootFs.Rest();
        return digests;
    }

    // Go writes up to nine digits of a second; the base library reads seven.
    private static DateTimeOffset? ParseTime(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var dot = text.IndexOf('.');
        if (dot > 0)
        {
            var end = dot + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
            {
                end++;
            }

            text = text[..Math.Min(end, dot + 8)] + text[end..];
        }

        return DateTimeOffset.TryParseExact(
            text, s_timeFormats, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out var time)
            ? time
            : null;
    }
}
