using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Casemate.Measurement.Snp;

/// <summary>
/// A public key in the form that the firmware takes: curve, then x and y with 72 bytes each, little endian; 1028 bytes.
/// Source: SEV Secure Nested Paging Firmware ABI (56860), table "ECDSA P-384 Public Key Format".
/// </summary>
public sealed class SnpIdKey
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 1028;

    internal const int ComponentSize = 72;
    internal const int FieldSize = 48;

    private const uint CurveP384 = 2;
    private const string CurveOid = "1.3.132.0.34";

    private readonly byte[] _bytes;

    private SnpIdKey(byte[] bytes) => _bytes = bytes;

    /// <summary>The key, 1028 bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>ID_KEY_DIGEST or AUTHOR_KEY_DIGEST of the guest's reports: SHA-384 of the key, 48 bytes.</summary>
    public byte[] ComputeDigest() => SHA384.HashData(_bytes);

    /// <summary>The public part of a key.</summary>
    /// <param name="key">A key on the curve P-384.</param>
    /// <exception cref="SnpException">Another curve.</exception>
    public static SnpIdKey FromKey(ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var parameters = key.ExportParameters(includePrivateParameters: false);
        SnpMeasurement.Require(
            parameters.Curve.Oid?.Value == CurveOid || parameters.Curve.Oid?.FriendlyName == "nistP384", SnpError.UnsuitableKey);
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, CurveP384);
        WriteReversed(parameters.Q.X, bytes.AsSpan(4));
        WriteReversed(parameters.Q.Y, bytes.AsSpan(4 + ComponentSize));
        return new SnpIdKey(bytes);
    }

    /// <summary>Reads a key. Never throws on bad input. Whether the point lies on the curve is seen when it verifies.</summary>
    /// <param name="source">1028 bytes.</param>
    /// <param name="key">The key; null on error.</param>
    public static SnpError TryRead(ReadOnlySpan<byte> source, out SnpIdKey? key)
    {
        key = null;
        if (source.Length != Size)
        {
            return SnpError.WrongLength;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(source) != CurveP384 || !IsPadded(source[4..]) || !IsPadded(source[(4 + ComponentSize)..])
            || source[(4 + (2 * ComponentSize))..].ContainsAnyExcept((byte)0))
        {
            return SnpError.UnexpectedValue;
        }

        key = new SnpIdKey(source.ToArray());
        return SnpError.None;
    }

    /// <summary>Reads a private key that can sign ID blocks. Whoever calls disposes of it.</summary>
    /// <param name="pem">The key in PEM form (SEC 1 or PKCS #8), not encrypted.</param>
    /// <exception cref="SnpException">No such key. The message holds nothing of it.</exception>
    public static ECDsa PrivateFromPem(ReadOnlySpan<char> pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            _ = FromKey(key);
            SnpMeasurement.Require(pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal), SnpError.UnsuitableKey);
            return key;
        }
        catch (Exception failure) when (failure is ArgumentException or CryptographicException or SnpException)
        {
            key.Dispose();
            throw new SnpException(SnpError.UnsuitableKey);
        }
    }

    internal static bool IsPadded(ReadOnlySpan<byte> component) => !component[FieldSize..ComponentSize].ContainsAnyExcept((byte)0);

    internal static void WriteReversed(ReadOnlySpan<byte> bigEndian, Span<byte> target)
    {
        bigEndian.CopyTo(target);
        target[..bigEndian.Length].Reverse();
    }

    /// <summary>Checks a signature of 512 bytes: r and s with 72 bytes each, little endian, then zeros.</summary>
    internal bool Verifies(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (!IsPadded(signature) || !IsPadded(signature[ComponentSize..]) || signature[(2 * ComponentSize)..].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        Span<byte> fixedForm = stackalloc byte[2 * FieldSize];
        WriteReversed(signature[..FieldSize], fixedForm);
        WriteReversed(signature.Slice(ComponentSize, FieldSize), fixedForm[FieldSize..]);
        try
        {
            using var key = ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP384,
                Q = new ECPoint { X = Reversed(4), Y = Reversed(4 + ComponentSize) },
            });
            return key.VerifyData(data, fixedForm, HashAlgorithmName.SHA384, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false; // the point is not on the curve, so nothing was signed with it
        }
    }

    private byte[] Reversed(int offset)
    {
        var component = _bytes.AsSpan(offset, FieldSize).ToArray();
        component.AsSpan().Reverse();
        return component;
    }
}
