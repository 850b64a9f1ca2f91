using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Casemate.Measurement.Enclave;

/// <summary>Makes a SIGSTRUCT: fields first, then the signature, here or elsewhere. Layout as <see cref="SigStruct"/>.</summary>
public sealed class SigStructBuilder
{
    private readonly byte[] _bytes = new byte[SigStruct.Size];

    /// <summary>Begins with the constants, and masks that leave nothing but optional state components to whoever loads the
    /// enclave.</summary>
    public SigStructBuilder()
    {
        SigStruct.Header.CopyTo(_bytes);
        SigStruct.Header2.CopyTo(_bytes.AsSpan(24));
        MiscMask = uint.MaxValue;
        Flags = EnclaveFlags.Mode64Bit;
        FlagsMask = (EnclaveFlags)ulong.MaxValue;
        Xfrm = 3;
        XfrmMask = ~0xE4UL;
    }

    /// <summary>Begins with the fields of another structure, without its key and signature.</summary>
    /// <param name="template">The structure to start from.</param>
    public SigStructBuilder(SigStruct template)
    {
        template.Bytes[..SigStruct.HeaderPartSize].CopyTo(_bytes);
        template.Bytes.Slice(SigStruct.BodyOffset, SigStruct.HeaderPartSize).CopyTo(_bytes.AsSpan(SigStruct.BodyOffset));
    }

    /// <summary>VENDOR: 0, or 0x8086 for Intel.</summary>
    public uint Vendor { set => WriteUInt32(16, value); }

    /// <summary>DATE, the day of signing.</summary>
    public DateOnly Date
    {
        set => WriteUInt32(20, uint.Parse(value.ToString("yyyyMMdd", CultureInfo.InvariantCulture), NumberStyles.HexNumber, null));
    }

    /// <summary>SWDEFINED.</summary>
    public uint SoftwareDefined { set => WriteUInt32(40, value); }

    /// <summary>MISCSELECT.</summary>
    public uint MiscSelect { set => WriteUInt32(900, value); }

    /// <summary>MISCMASK. Default: all ones.</summary>
    public uint MiscMask { set => WriteUInt32(904, value); }

    /// <summary>ATTRIBUTES.FLAGS. Default: 64-bit mode alone.</summary>
    public EnclaveFlags Flags { set => WriteUInt64(928, (ulong)value); }

    /// <summary>ATTRIBUTES.XFRM. Default: x87 and SSE.</summary>
    public ulong Xfrm { set => WriteUInt64(936, value); }

    /// <summary>Mask of <see cref="Flags"/>. Default: all ones, so that no debug enclave can be made of it.</summary>
    public EnclaveFlags FlagsMask { set => WriteUInt64(944, (ulong)value); }

    /// <summary>Mask of <see cref="Xfrm"/>. Default: all but AVX and AVX-512.</summary>
    public ulong XfrmMask { set => WriteUInt64(952, value); }

    /// <summary>ISVPRODID.</summary>
    public ushort ProductId { set => BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(1024), value); }

    /// <summary>ISVSVN.</summary>
    public ushort SecurityVersion { set => BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(1026), value); }

    /// <summary>Sets MRENCLAVE.</summary>
    /// <param name="mrEnclave">32 bytes.</param>
    /// <exception cref="ArgumentException">Another length.</exception>
    public SigStructBuilder WithMrEnclave(ReadOnlySpan<byte> mrEnclave) =>
        Set(SigStruct.MrEnclaveOffset, mrEnclave, EnclaveMeasurement.Size);

    /// <summary>Sets ISVFAMILYID, which counts with KSS only.</summary>
    /// <param name="familyId">16 bytes.</param>
    /// <exception cref="ArgumentException">Another length.</exception>
    public SigStructBuilder WithFamilyId(ReadOnlySpan<byte> familyId) => Set(912, familyId, 16);

    /// <summary>Sets ISVEXTPRODID, which counts with KSS only.</summary>
    /// <param name="productId">16 bytes.</param>
    /// <exception cref="ArgumentException">Another length.</exception>
    public SigStructBuilder WithExtendedProductId(ReadOnlySpan<byte> productId) => Set(1008, productId, 16);

    /// <summary>What is to be signed: 256 bytes, for RSA PKCS #1 v1.5 with SHA-256.</summary>
    public byte[] ToBeSigned() =>
        [.. _bytes.AsSpan(0, SigStruct.HeaderPartSize), .. _bytes.AsSpan(SigStruct.BodyOffset, SigStruct.HeaderPartSize)];

    /// <summary>Takes the fields from bytes that were handed out to be signed.</summary>
    /// <param name="toBeSigned">The 256 bytes of <see cref="ToBeSigned"/>.</param>
    /// <exception cref="EnclaveException">They are not such bytes.</exception>
    public static SigStructBuilder FromToBeSigned(ReadOnlySpan<byte> toBeSigned)
    {
        var builder = new SigStructBuilder();
        if (toBeSigned.Length != SigStruct.ToBeSignedSize)
        {
            throw new EnclaveException(
                EnclaveError.MalformedSigStruct,
                $"what is to be signed has {SigStruct.ToBeSignedSize} bytes, and these are {toBeSigned.Length}");
        }

        toBeSigned[..SigStruct.HeaderPartSize].CopyTo(builder._bytes);
        toBeSigned[SigStruct.HeaderPartSize..].CopyTo(builder._bytes.AsSpan(SigStruct.BodyOffset));
        BinaryPrimitives.WriteUInt32LittleEndian(builder._bytes.AsSpan(SigStruct.ExponentOffset), 3);
        return SigStruct.TryRead(builder._bytes, out _) is var error && error is SigStructError.None
            ? builder
            : throw new EnclaveException(EnclaveError.MalformedSigStruct, $"these are not bytes of a SIGSTRUCT to be signed ({error})");
    }

    /// <summary>Signs.</summary>
    /// <param name="key">A key that <see cref="EnclaveSigningKey"/> accepts.</param>
    /// <returns>The structure, 1808 bytes, verified.</returns>
    /// <exception cref="EnclaveException">The key cannot sign enclaves.</exception>
    public byte[] Sign(RSA key)
    {
        EnclaveSigningKey.Require(key);
        return Attach(key, key.SignData(ToBeSigned(), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    /// <summary>Completes the structure with a signature that was made elsewhere.</summary>
    /// <param name="publicKey">The key whose private part made it.</param>
    /// <param name="signature">RSA PKCS #1 v1.5 with SHA-256 over <see cref="ToBeSigned"/>: 384 bytes, big-endian, as
    /// signers give it.</param>
    /// <returns>The structure, 1808 bytes, verified.</returns>
    /// <exception cref="EnclaveException">The key cannot sign enclaves, or the signature does not fit.</exception>
    public byte[] Attach(RSA publicKey, ReadOnlySpan<byte> signature)
    {
        EnclaveSigningKey.Require(publicKey);
        if (signature.Length != SigStruct.KeySize)
        {
            throw new EnclaveException(
                EnclaveError.SignatureMismatch,
                $"the signature has {signature.Length} bytes, and RSA with 3072 bits makes {SigStruct.KeySize}",
                "Give the signature as it is: binary, without any encoding around it.");
        }

        var modulus = SigStruct.Number(publicKey.ExportParameters(includePrivateParameters: false).Modulus, isBigEndian: true);
        var number = SigStruct.Number(signature, isBigEndian: true);
        var (q1, q2, _) = SigStruct.Cube(number, modulus);
        var complete = (byte[])_bytes.Clone();
        Write(complete, SigStruct.ModulusOffset, modulus);
        BinaryPrimitives.WriteUInt32LittleEndian(complete.AsSpan(SigStruct.ExponentOffset), 3);
        if (number >= modulus)
        {
            throw Mismatch();
        }

        Write(complete, SigStruct.SignatureOffset, number);
        Write(complete, SigStruct.Q1Offset, q1);
        Write(complete, SigStruct.Q2Offset, q2);
        return SigStruct.TryRead(complete, out var structure) is SigStructError.None && structure.Verify() is SigStructSignature.Valid
            ? complete : throw Mismatch();
    }

    private static EnclaveException Mismatch() => new(
        EnclaveError.SignatureMismatch, "the signature is not one of this key over what was to be signed",
        "Sign exactly the 256 bytes with RSA PKCS #1 v1.5 and SHA-256, such as: openssl dgst -sha256 -sign KEY -out SIGNATURE TBS.");

    private static void Write(byte[] bytes, int offset, BigInteger number) =>
        number.TryWriteBytes(bytes.AsSpan(offset, SigStruct.KeySize), out _, isUnsigned: true);

    private SigStructBuilder Set(int offset, ReadOnlySpan<byte> value, int size)
    {
        if (value.Length != size)
        {
            throw new ArgumentException($"The field has {size} bytes, not {value.Length}.", nameof(value));
        }

        value.CopyTo(_bytes.AsSpan(offset));
        return this;
    }

    private void WriteUInt32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(offset), value);

    private void WriteUInt64(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(offset), value);
}
