namespace Casemate.Simulator.Dcap;

/// <summary>
/// What a TCB info says of the signer and attributes of a TDX module. Source: Intel PCS API v4, TCB info v3, <c>tdxModule</c>.
/// </summary>
public sealed record TdxModuleSigner
{
    /// <summary>MRSIGNERSEAM, 48 bytes. Default: zero, Intel's modules.</summary>
    public byte[] MrSigner { get; init; } = new byte[48];

    /// <summary>Expected SEAMATTRIBUTES, 8 bytes. Default: zero.</summary>
    public byte[] Attributes { get; init; } = new byte[8];

    /// <summary>Mask of the bits that are compared, 8 bytes. Default: all.</summary>
    public byte[] AttributesMask { get; init; } = [255, 255, 255, 255, 255, 255, 255, 255];
}
