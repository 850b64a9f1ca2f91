using Casemate.Measurement.Snp;

namespace Casemate.Cli.Measure;

/// <summary>What a VMM hands to an SEV-SNP guest's firmware.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="InitialRamDisk">The initial RAM disk; empty when there is none.</param>
/// <param name="CommandLine">The command line.</param>
internal sealed record SnpBootFiles(ReadOnlyMemory<byte> Kernel, ReadOnlyMemory<byte> InitialRamDisk, string CommandLine)
{
    /// <summary>The table of hashes, with and without the RAM disk.</summary>
    public SnpKernelHashes Hash(bool withInitrd, string commandLine)
    {
        using var kernel = new MemoryStream(Kernel.ToArray());
        using var initrd = withInitrd && !InitialRamDisk.IsEmpty ? new MemoryStream(InitialRamDisk.ToArray()) : null;
        return SnpKernelHashes.Compute(kernel, initrd, commandLine);
    }
}
