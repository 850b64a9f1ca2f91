using System.Security.Cryptography;

namespace Casemate.Measurement.Snp;

/// <summary>
/// Launch digests of guests with SEV and SEV-ES, the forms before SEV-SNP: SHA-256 over firmware, kernel hashes and vCPU pages, 32 bytes.
/// They are reported as part of a measurement with a nonce (LAUNCH_MEASURE). Such guests do not protect the integrity of memory.
/// Source: Secure Encrypted Virtualization API (55766), section 6.5.
/// </summary>
public static class SevLegacyMeasurement
{
    /// <summary>The launch digest of a guest with SEV.</summary>
    /// <param name="firmware">The OVMF image.</param>
    /// <param name="kernel">The hashes of a measured direct boot; null when the VMM passes no kernel.</param>
    /// <exception cref="SnpException">A kernel is given, and the firmware has no place for its hashes.</exception>
    public static byte[] Sev(OvmfImage firmware, SnpKernelHashes? kernel)
    {
        using var hash = Start(firmware, kernel);
        return hash.GetHashAndReset();
    }

    /// <summary>The launch digest of a guest with SEV-ES.</summary>
    /// <param name="firmware">The OVMF image.</param>
    /// <param name="kernel">The hashes of a measured direct boot; null when the VMM passes no kernel.</param>
    /// <param name="vmm">The VMM.</param>
    /// <param name="vcpuType">The model of the vCPUs.</param>
    /// <param name="vcpus">1 to <see cref="SnpMeasurement.MaxVcpus"/>.</param>
    /// <exception cref="SnpException">There is no such guest.</exception>
    public static byte[] SevEs(OvmfImage firmware, SnpKernelHashes? kernel, SnpVmm vmm, SnpVcpuType vcpuType, int vcpus)
    {
        ArgumentNullException.ThrowIfNull(vcpuType);
        SnpMeasurement.Require(vcpus is >= 1 and <= SnpMeasurement.MaxVcpus, SnpError.VcpusOutOfRange);
        using var hash = Start(firmware, kernel);
        SnpMeasurement.Require(vcpus == 1 || firmware.ResetEip is not null, SnpError.NoResetVector);
        hash.AppendData(VmsaPage.Build(vmm, VmsaPage.BootEip, vcpuType.Signature, features: 0));
        var others = vcpus == 1 ? [] : VmsaPage.Build(vmm, firmware.ResetEip!.Value, vcpuType.Signature, features: 0);
        for (var count = 1; count < vcpus; count++)
        {
            hash.AppendData(others);
        }

        return hash.GetHashAndReset();
    }

    private static IncrementalHash Start(OvmfImage firmware, SnpKernelHashes? kernel)
    {
        ArgumentNullException.ThrowIfNull(firmware);
        SnpMeasurement.Require(kernel is null || firmware.HashTableGpa is not null, SnpError.NoKernelHashes);
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(firmware.Bytes.Span);
        hash.AppendData(kernel is null ? default : kernel.Table.Span);
        return hash;
    }
}
