using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Casemate.Measurement.Enclave;

/// <summary>
/// Signs an enclave: measures it, takes what else is signed from its own settings, and puts the signature where its loader looks. The
/// private key may be elsewhere: hand out <see cref="ToBeSigned"/>, and bring back the signatures.
/// </summary>
public sealed class EnclaveSigning
{
    private const int DateOffset = 20;
    private const int DateSize = 4;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly ImmutableArray<(SigStructBuilder Builder, long Offset)> _parts;

    private EnclaveSigning(ReadOnlyMemory<byte> file, IEnumerable<(SigStructBuilder Builder, long Offset)> parts) =>
        (_file, _parts) = (file, [.. parts]);

    /// <summary>What is to be signed, 256 bytes each: one of an Open Enclave or Gramine enclave, one a metadata block of an
    /// Intel SDK one.</summary>
    public IReadOnlyList<byte[]> ToBeSigned => [.. _parts.Select(part => part.Builder.ToBeSigned())];

    /// <summary>Prepares an ELF enclave: of Open Enclave, signed or not; of the Intel SDK, signed before, so that it has its
    /// metadata.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="date">The date of signing.</param>
    /// <param name="limits">How much work it may ask for; null: the defaults.</param>
    /// <exception cref="EnclaveException">It is no such file, or cannot be measured.</exception>
    public static EnclaveSigning Prepare(ReadOnlyMemory<byte> file, DateOnly date, EnclaveLimits? limits = null)
    {
        limits ??= EnclaveLimits.Default;
        return EnclaveFile.Detect(file) switch
        {
            EnclaveFormat.OpenEnclave => PrepareOpenEnclave(file, date, limits),
            EnclaveFormat.IntelSdk => PrepareSdk(file, date, limits),
            var format => throw new EnclaveException(
                EnclaveError.UnknownFormat, $"it is no enclave that can be signed here ({format})",
                "Name an enclave of Open Enclave or the Intel SDK, or a Gramine manifest (.manifest.sgx)."),
        };
    }

    /// <summary>Prepares a Gramine enclave.</summary>
    /// <param name="input">Manifest, <c>libpal.so</c>, and the release unless it is known by the digest of <c>libpal.so</c>.</param>
    /// <param name="date">The date of signing.</param>
    /// <param name="limits">How much work it may ask for; null: the defaults.</param>
    /// <exception cref="EnclaveException">It cannot be measured.</exception>
    public static EnclaveSigning PrepareGramine(GramineInput input, DateOnly date, EnclaveLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        var manifest = EnclaveFile.ReadManifest(input.Manifest);
        var builder = new SigStructBuilder
        {
            Date = date,
            Flags = EnclaveFlags.Mode64Bit | (manifest.IsDebug ? EnclaveFlags.Debug : EnclaveFlags.None),
            Xfrm = manifest.Xfrm,
            XfrmMask = manifest.XfrmMask,
            MiscSelect = manifest.UsesExInfo ? 1U : 0,
            ProductId = manifest.ProductId,
            SecurityVersion = manifest.SecurityVersion,
        }.WithMrEnclave(EnclaveFile.LayOutGramine(input, manifest, limits ?? EnclaveLimits.Default).Measure());
        return new EnclaveSigning(new byte[SigStruct.Size], [(builder, 0)]);
    }

    /// <summary>Signs with a key that is at hand.</summary>
    /// <param name="key">A key that <see cref="EnclaveSigningKey"/> accepts.</param>
    /// <returns>The signed file; of a Gramine enclave, its <c>.sig</c>.</returns>
    /// <exception cref="EnclaveException">The key cannot sign enclaves.</exception>
    public byte[] Sign(RSA key) => Place(_parts.Select(part => part.Builder.Sign(key)));

    /// <summary>Completes the enclave with signatures that were made elsewhere.</summary>
    /// <param name="publicKey">The key whose private part made them.</param>
    /// <param name="toBeSigned">What was handed out, in the order of <see cref="ToBeSigned"/>; its date counts.</param>
    /// <param name="signatures">The signatures over it, in the same order.</param>
    /// <returns>The signed file; of a Gramine enclave, its <c>.sig</c>.</returns>
    /// <exception cref="EnclaveException">What was signed is not this enclave, or a signature does not fit.</exception>
    public byte[] Attach(RSA publicKey, IReadOnlyList<byte[]> toBeSigned, IReadOnlyList<byte[]> signatures)
    {
        ArgumentNullException.ThrowIfNull(toBeSigned);
        ArgumentNullException.ThrowIfNull(signatures);
        if (toBeSigned.Count != _parts.Length || signatures.Count != _parts.Length)
        {
            throw new EnclaveException(
                EnclaveError.SignatureMismatch,
                $"the enclave takes {_parts.Length} signatures, and {toBeSigned.Count} signed texts with "
                    + $"{signatures.Count} signatures are given");
        }

        return Place(_parts.Select((part, i) =>
        {
            var builder = SigStructBuilder.FromToBeSigned(toBeSigned[i]);
            return IsSame(part.Builder.ToBeSigned(), toBeSigned[i])
                ? builder.Attach(publicKey, signatures[i])
                : throw new EnclaveException(
                    EnclaveError.SignatureMismatch, $"what was signed (number {i + 1}) is not this enclave",
                    "Begin again: --emit-tbs, sign, --attach-signature, with the same file.");
        }).ToList());
    }

    private static bool IsSame(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> given) =>
        expected[..DateOffset].SequenceEqual(given[..DateOffset])
        && expected[(DateOffset + DateSize)..].SequenceEqual(given[(DateOffset + DateSize)..]);

    private static EnclaveSigning PrepareOpenEnclave(ReadOnlyMemory<byte> file, DateOnly date, EnclaveLimits limits)
    {
        var elf = ElfSections.Read(file);
        _ = EnclaveElfChecks.Examine(elf, mayNeedOneModule: true, out var needed);
        if (needed.Count > 0)
        {
            throw new EnclaveException(EnclaveError.NotRecomputable,
                "it is loaded together with an enclave module, which is not laid out here");
        }

        var loader = new OpenEnclaveLoader(elf, limits);
        if (loader.SigStructFileOffset < 0)
        {
            throw EnclaveException.Malformed("its section .oeinfo does not stand in the file as it is loaded");
        }

        _ = OpenEnclaveProperties.TryRead(loader.Properties, out var properties);
        var isDebug = properties.Flags.HasFlag(EnclaveFlags.Debug);
        var builder = new SigStructBuilder
        {
            Date = date,
            Flags = properties.Flags,
            // A debug build may be started either way, as the kit's own tool signs it.
            FlagsMask = (EnclaveFlags)ulong.MaxValue & ~(isDebug ? EnclaveFlags.Debug : EnclaveFlags.None),
            Xfrm = 7,
            XfrmMask = 0,
            MiscMask = properties.CapturesPageFaults ? ~1U : uint.MaxValue,
            ProductId = properties.ProductId,
            SecurityVersion = properties.SecurityVersion,
        }.WithFamilyId(properties.FamilyId).WithExtendedProductId(properties.ExtendedProductId)
            .WithMrEnclave(loader.Layouts().First().Measure());
        return new EnclaveSigning(file, [(builder, loader.SigStructFileOffset)]);
    }

    private static EnclaveSigning PrepareSdk(ReadOnlyMemory<byte> file, DateOnly date, EnclaveLimits limits)
    {
        var elf = ElfSections.Read(file);
        var parts = new List<(SigStructBuilder, long)>();
        foreach (var metadata in SdkMetadata.ReadAll(elf))
        {
            if (metadata.HasExtension)
            {
                throw new EnclaveException(EnclaveError.NotRecomputable,
                    "a shared object is loaded beside it (FIPS), which is not laid out here");
            }

            if (SigStruct.TryRead(metadata.SigStruct.Span, out var signed) is not SigStructError.None)
            {
                throw new EnclaveException(
                    EnclaveError.MalformedSigStruct,
                    $"metadata {metadata.Version} has no signature structure to take product id and masks from",
                    "Sign it once with the kit's own tool (sgx_sign), with any key.");
            }

            var builder = new SigStructBuilder(signed) { Date = date };
            var layout = SdkLoader.Read(elf, metadata, limits, out _);
            limits = limits.After(layout);
            parts.Add((
                builder.WithMrEnclave(layout.Measure()),
                metadata.FileOffset + SdkMetadata.SigStructOffset));
        }

        return new EnclaveSigning(file, parts);
    }

    private byte[] Place(IEnumerable<byte[]> structures)
    {
        var signed = _file.ToArray();
        foreach (var ((_, offset), structure) in _parts.Zip(structures))
        {
            structure.CopyTo(signed.AsSpan((int)offset));
        }

        return signed;
    }
}
