using System.Collections.Immutable;
using Casemate.Attestation.Pki;

namespace Casemate.Fuzz.Flips;

/// <summary>Lays regions over bytes.</summary>
internal sealed class FlipLayout(byte[] bytes)
{
    private readonly List<FlipPart> _parts = [];

    /// <summary>Where the next part begins.</summary>
    public int End { get; private set; }

    public FlipLayout Add(FlipRegion region, int length)
    {
        if (length > 0)
        {
            _parts.Add(new FlipPart(region, End, length));
            End += length;
        }

        return this;
    }

    /// <summary>Adds a part that must be where the parser says it is.</summary>
    public FlipLayout Add(FlipRegion region, ReadOnlySpan<byte> part)
    {
        if (!part.IsEmpty && (!bytes.AsSpan().Overlaps(part, out var start) || start != End))
        {
            throw new InvalidOperationException($"{region} is not at byte {End}.");
        }

        return Add(region, part.Length);
    }

    public FlipLayout Rest(FlipRegion region) => Add(region, bytes.Length - End);

    /// <summary>Adds one part for each PEM certificate, text before it included.</summary>
    public FlipLayout AddPem(int length, Func<Certificate, FlipRegion> regionOf)
    {
        var (start, end) = (End, End + length);
        if (!PemCertificates.TryRead(bytes.AsSpan(start..end), out var certificates, out var error))
        {
            throw new InvalidOperationException(error);
        }

        for (var i = 0; i < certificates.Count; i++)
        {
            var footer = bytes.AsSpan(End..end).IndexOf("-----END CERTIFICATE-----"u8) + 25;
            Add(regionOf(certificates[i]), i == certificates.Count - 1 ? end - End : footer);
        }

        return this;
    }

    public ImmutableArray<FlipPart> Parts => [.. _parts];

    /// <summary>Whether two PEM texts hold the same certificates, byte for byte, in the same order.</summary>
    public static bool SameCertificates(ReadOnlySpan<byte> original, ReadOnlySpan<byte> changed) =>
        PemCertificates.TryRead(original, out var before, out _) && PemCertificates.TryRead(changed, out var after, out _)
        && before.Count == after.Count && before.Zip(after).All(p => p.First.Der.Span.SequenceEqual(p.Second.Der.Span));
}
