using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Casemate.Measurement.Corim;

/// <summary>
/// A concise reference integrity manifest (CoRIM), unsigned: parsed, not believed. Source: draft-ietf-rats-corim-10.
/// </summary>
/// <remarks>
/// What is known here: modules (CoMID) with reference triples and conditional endorsement series over classes of environments, with digests
/// and exact security versions. Whatever else a manifest says is refused by its name instead of being skipped: a condition that nobody
/// reads would make of it another statement.
/// </remarks>
public sealed record CorimDocument
{
    /// <summary>The largest manifest that is read, in bytes.</summary>
    public const int MaxSize = 1 << 20;

    /// <summary>The content type of a signed manifest's payload.</summary>
    public const string ContentType = "application/rim+cbor";

    /// <summary>Its identifier.</summary>
    public required string Id { get; init; }

    /// <summary>The URI of the profile that it follows; null when it names none.</summary>
    public string? Profile { get; init; }

    /// <summary>Its modules, at least one.</summary>
    public required ImmutableArray<CorimModule> Modules { get; init; }

    /// <summary>Reads a manifest: tag 501, deterministic CBOR.</summary>
    /// <param name="source">Exactly one manifest; bytes after it are refused.</param>
    /// <param name="document">The manifest, or null.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> source, [NotNullWhen(true)] out CorimDocument? document, [NotNullWhen(false)] out string? error)
    {
        document = null;
        if (source.Length > MaxSize)
        {
            error = $"a manifest of {source.Length} bytes is larger than {MaxSize}";
            return false;
        }

        error = CorimReader.Read(source, out document);
        return error is null;
    }

    /// <summary>The manifest as deterministic CBOR under tag 501.</summary>
    public byte[] ToBytes() => CorimEncoder.Write(this);

    /// <summary>Whether both say the same.</summary>
    public bool Equals(CorimDocument? other) =>
        other is not null && Id == other.Id && Profile == other.Profile && Modules.AsSpan().SequenceEqual(other.Modules.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Profile, Modules.Length);
}
