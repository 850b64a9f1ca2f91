namespace Casemate.Measurement.Corim;

/// <summary>A digest in a CoRIM.</summary>
/// <param name="Algorithm">Its number among the named information hash algorithms: see the constants.</param>
/// <param name="Value">The digest.</param>
public sealed record CorimDigest(int Algorithm, ReadOnlyMemory<byte> Value)
{
    /// <summary>SHA-256, 32 bytes.</summary>
    public const int Sha256 = 1;

    /// <summary>SHA-384, 48 bytes.</summary>
    public const int Sha384 = 7;

    /// <summary>SHA-512, 64 bytes.</summary>
    public const int Sha512 = 8;

    /// <summary>The algorithm's name; its number for one that is not known here.</summary>
    public string AlgorithmName => Algorithm switch
    {
        Sha256 => "sha-256",
        Sha384 => "sha-384",
        Sha512 => "sha-512",
        _ => $"algorithm {Algorithm}",
    };

    /// <summary>The bytes of a digest of an algorithm; null when the algorithm is not known here.</summary>
    /// <param name="algorithm">The algorithm's number.</param>
    public static int? SizeOf(int algorithm) => algorithm switch
    {
        Sha256 => 32,
        Sha384 => 48,
        Sha512 => 64,
        _ => null,
    };

    /// <summary>Whether both are the same digest.</summary>
    public bool Equals(CorimDigest? other) => other is not null && Algorithm == other.Algorithm && Value.Span.SequenceEqual(other.Value.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Algorithm);
        hash.AddBytes(Value.Span);
        return hash.ToHashCode();
    }
}
