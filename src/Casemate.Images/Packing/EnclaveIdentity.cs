using Casemate.Measurement.Enclave;

namespace Casemate.Images.Packing;

/// <summary>What quotes of an enclave say about it, from one signature structure.</summary>
/// <param name="MrEnclave">The measurement, 64 lower-case hexadecimal digits.</param>
/// <param name="MrSigner">The signer, 64 lower-case hexadecimal digits.</param>
/// <param name="ProductId">ISVPRODID.</param>
/// <param name="SecurityVersion">ISVSVN.</param>
/// <param name="Flags">ATTRIBUTES.FLAGS that are asked for.</param>
/// <param name="FlagsMask">Which of them are binding.</param>
/// <param name="Xfrm">ATTRIBUTES.XFRM that is asked for.</param>
/// <param name="XfrmMask">Which bits of it are binding.</param>
public sealed record EnclaveIdentity(
    string MrEnclave, string MrSigner, ushort ProductId, ushort SecurityVersion, EnclaveFlags Flags, EnclaveFlags FlagsMask, ulong Xfrm,
    ulong XfrmMask)
{
    /// <summary>Whether it may run in debug mode: the flag is set, or whoever loads it may set it.</summary>
    public bool IsDebugAllowed => Flags.HasFlag(EnclaveFlags.Debug) || !FlagsMask.HasFlag(EnclaveFlags.Debug);

    internal static EnclaveIdentity? Of(EnclaveVariant variant) =>
        SigStruct.TryRead(variant.SigStruct.Span, out var structure) is SigStructError.None
            ? new EnclaveIdentity(
                Convert.ToHexStringLower(structure.MrEnclave), Convert.ToHexStringLower(structure.MrSigner), structure.ProductId,
                structure.SecurityVersion, structure.Flags, structure.FlagsMask, structure.Xfrm, structure.XfrmMask)
            : null;
}
