using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator;

/// <summary>
/// The random secret of one installation, from which every elliptic-curve key and every identifier of the simulated machine is
/// derived: as in real hardware, one fused secret stands behind all keys, and a changed TCB gives a changed key.
/// </summary>
/// <remarks>
/// HKDF (RFC 5869) with SHA-384; info = "casemate-simulator/1", purpose and context, each with its length (4 bytes, big endian).
/// Private scalars: 16 bytes more than the order, reduced modulo (order - 1), plus 1 (FIPS 186-5, A.2.1).
/// </remarks>
internal sealed class InstallationSecret
{
    /// <summary>Bytes of the secret.</summary>
    public const int Size = 32;

    private static readonly BigInteger OrderP256 = Number("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    private static readonly BigInteger OrderP384 = Number(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973");

    private readonly byte[] _seed;

    public InstallationSecret(ReadOnlySpan<byte> seed)
    {
        FieldSize.Require(seed, Size, nameof(seed));
        _seed = seed.ToArray();
    }

    /// <summary>The secret itself, for the stored state only.</summary>
    public ReadOnlySpan<byte> Seed => _seed;

    /// <summary>Derives an identifier or serial number.</summary>
    public byte[] Bytes(int size, string purpose, ReadOnlySpan<byte> context = default) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA384, _seed, size, info: Describe(purpose, context));

    /// <summary>Derives a P-256 key.</summary>
    public EcSigningKey P256(string purpose, ReadOnlySpan<byte> context = default) =>
        EcSigningKey.P256(Scalar(OrderP256, 32, purpose, context));

    /// <summary>Derives a P-384 key.</summary>
    public EcSigningKey P384(string purpose, ReadOnlySpan<byte> context = default) =>
        EcSigningKey.P384(Scalar(OrderP384, 48, purpose, context));

    private static BigInteger Number(string hex) => new(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);

    private static byte[] Describe(string purpose, ReadOnlySpan<byte> context)
    {
        var info = new List<byte>();
        Append(info, "casemate-simulator/1"u8);
        Append(info, Encoding.UTF8.GetBytes(purpose));
        Append(info, context);
        return [.. info];
    }

    private static void Append(List<byte> info, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
        info.AddRange(length);
        info.AddRange(part);
    }

    private byte[] Scalar(BigInteger order, int size, string purpose, ReadOnlySpan<byte> context)
    {
        var wide = new BigInteger(Bytes(size + 16, purpose, context), isUnsigned: true, isBigEndian: true);
        var scalar = (wide % (order - BigInteger.One)) + BigInteger.One;
        var bytes = new byte[size];
        var written = scalar.GetByteCount(isUnsigned: true);
        scalar.TryWriteBytes(bytes.AsSpan(size - written), out _, isUnsigned: true, isBigEndian: true);
        return bytes;
    }
}
