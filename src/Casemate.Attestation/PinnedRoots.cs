namespace Casemate.Attestation;

/// <summary>
/// The production root certificates, shipped as data (<c>Pki/Roots</c>). Intel's: SHA-256 of the DER 44a0196b…74d3, published with
/// the PCS. AMD's: the ARK that the KDS serves for each product line. NVIDIA's: SHA-256 102bf659…7b48, published in NVIDIA/nvtrust.
/// </summary>
internal static class PinnedRoots
{
    public static ReadOnlyMemory<byte> IntelSgxRootCa { get; } = Load("intel-sgx-root-ca.der");

    public static ReadOnlyMemory<byte> AmdArkMilan { get; } = Load("ark-milan.der");

    public static ReadOnlyMemory<byte> AmdArkGenoa { get; } = Load("ark-genoa.der");

    public static ReadOnlyMemory<byte> AmdArkTurin { get; } = Load("ark-turin.der");

    public static ReadOnlyMemory<byte> NvidiaDeviceIdentityCa { get; } = Load("nvidia-device-identity-ca.der");

    private static byte[] Load(string name)
    {
        using var stream = typeof(PinnedRoots).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The pinned root '{name}' is missing from the assembly.");
        var der = new byte[stream.Length];
        stream.ReadExactly(der);
        return der;
    }
}
