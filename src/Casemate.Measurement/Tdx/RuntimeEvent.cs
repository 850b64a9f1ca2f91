using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Measurement.Tdx;

/// <summary>
/// An event of a guest's attestation agent, which extends RTMR3 (PCR 17 of the agent's interface): a line of domain, operation and content.
/// Source: Confidential Containers guest components, attestation agent, event log specification.
/// </summary>
public sealed record RuntimeEvent
{
    /// <summary>The domain of events of Confidential Containers themselves.</summary>
    public const string ConfidentialContainers = "github.com/confidential-containers";

    // "AAEL" as a big-endian number, stored little endian.
    private const uint Tag = 0x4141454C;

    private RuntimeEvent(string line) => Line = line;

    /// <summary>The line, without its end.</summary>
    public string Line { get; }

    /// <summary>What extends RTMR3 when the agent logs lines of text: SHA-384 of the line.</summary>
    public byte[] LineDigest => SHA384.HashData(Encoding.UTF8.GetBytes(Line));

    /// <summary>What extends RTMR3 when the agent logs tagged TCG events, as it does since 2025: SHA-384 of tag, size and line.</summary>
    public byte[] TaggedDigest
    {
        get
        {
            var text = Encoding.UTF8.GetBytes(Line);
            var data = new byte[8 + text.Length];
            BinaryPrimitives.WriteUInt32LittleEndian(data, Tag);
            BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), (uint)text.Length);
            text.CopyTo(data, 8);
            return SHA384.HashData(data);
        }
    }

    /// <summary>An event.</summary>
    /// <param name="domain">The domain, without spaces.</param>
    /// <param name="operation">The operation, without spaces.</param>
    /// <param name="content">Its content, in one line.</param>
    /// <exception cref="ArgumentException">A part is empty, or has characters that end it early.</exception>
    public static RuntimeEvent Of(string domain, string operation, string content)
    {
        RequireWord(domain, nameof(domain));
        RequireWord(operation, nameof(operation));
        ArgumentNullException.ThrowIfNull(content);
        if (content.AsSpan().ContainsAny('\n', '\r'))
        {
            throw new ArgumentException("The content of an event is one line.", nameof(content));
        }

        return new RuntimeEvent($"{domain} {operation} {content}");
    }

    /// <summary>The agent has pulled an image.</summary>
    /// <param name="image">The image's reference.</param>
    /// <param name="digest">The digest of its manifest, as <c>sha256:…</c>.</param>
    public static RuntimeEvent PullImage(string image, string digest)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(digest);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("image", image);
            writer.WriteString("digest", digest);
            writer.WriteEndObject();
        }

        var content = Encoding.UTF8.GetString(CanonicalJson.Write(buffer.ToArray()));
        return Of(ConfidentialContainers, "PullImage", content);
    }

    /// <summary>The first line of a log of lines: the value of the register before the agent came.</summary>
    /// <param name="register">RTMR3, 48 bytes.</param>
    public static RuntimeEvent Initial(ReadOnlySpan<byte> register)
    {
        if (register.Length != Rtmr.Size)
        {
            throw new ArgumentException($"A register has {Rtmr.Size} bytes, not {register.Length}.", nameof(register));
        }

        return new RuntimeEvent($"INIT sha384/{Convert.ToHexStringLower(register)}");
    }

    private static void RequireWord(string text, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(text, name);
        if (text.AsSpan().ContainsAny(' ', '\n', '\r'))
        {
            throw new ArgumentException("A domain and an operation are words without spaces.", name);
        }
    }
}
