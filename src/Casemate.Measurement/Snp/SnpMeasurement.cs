using System.Security.Cryptography;

namespace Casemate.Measurement.Snp;

/// <summary>
/// Computes the launch digests of a guest. The firmware is hashed once; what follows it is shared among all guests that agree so far.
/// Order of pages: firmware, SVSM, sections of the metadata in their order (Amazon: the CPUID page last), one page for every vCPU.
/// Source: QEMU, target/i386/sev.c; virtee/sev-snp-measure; google/gce-tcb-verifier.
/// </summary>
public sealed class SnpMeasurement
{
    /// <summary>The most vCPUs that a guest may have.</summary>
    public const int MaxVcpus = 4096;

    private const ulong PageMask = SnpLaunchDigest.PageSize - 1;

    // KVM hands the page over at the highest address of 48 bits, whatever the processor has.
    private const ulong KvmVmsaGpa = 0xffff_ffff_f000;

    private readonly SnpGuest _guest;
    private readonly byte[]? _kernelPage;
    private readonly SnpLaunchDigest _afterImages;

    private SnpMeasurement(SnpGuest guest, byte[]? kernelPage, SnpLaunchDigest afterFirmware, SnpLaunchDigest afterImages)
    {
        (_guest, _kernelPage, _afterImages) = (guest, kernelPage, afterImages);
        FirmwareDigest = afterFirmware.ToArray();
    }

    /// <summary>The launch digest after the pages of the firmware, 48 bytes: what <see cref="SnpGuest.TrustedFirmwareDigest"/> takes.</summary>
    public ReadOnlyMemory<byte> FirmwareDigest { get; }

    /// <summary>Hashes what all guests have in common.</summary>
    /// <param name="guest">What the guests are started from.</param>
    /// <exception cref="SnpException">The parts do not fit together.</exception>
    public static SnpMeasurement Create(SnpGuest guest)
    {
        ArgumentNullException.ThrowIfNull(guest);
        var sections = (guest.Svsm ?? guest.Firmware).Sections;
        Require(sections.Count > 0, SnpError.NoSevMetadata);
        Require(guest.Svsm is null || guest.Kernel is null, SnpError.UnsupportedVmm);
        Require(guest.Svsm is null or { SvsmEntryOffset: not null }, SnpError.NoSvsmEntry);
        var kernelPage = guest.Kernel is null ? null : KernelPage(guest.Kernel, guest.Firmware);

        var digest = guest.TrustedFirmwareDigest.IsEmpty ? default : new SnpLaunchDigest(guest.TrustedFirmwareDigest.Span);
        if (guest.TrustedFirmwareDigest.IsEmpty)
        {
            digest.AddContents(guest.Firmware.Gpa, guest.Firmware.Bytes);
        }

        var afterFirmware = digest;
        if (guest.Svsm is { } svsm)
        {
            digest.AddContents(svsm.Gpa, svsm.Bytes);
        }

        return new SnpMeasurement(guest, kernelPage, afterFirmware, digest);
    }

    /// <summary>Computes one launch digest.</summary>
    /// <param name="vmm">The VMM.</param>
    /// <param name="vcpuType">The model of the vCPUs; may be null for Amazon EC2.</param>
    /// <param name="features">SEV_FEATURES; ignored with an SVSM, whose vCPUs start with 1.</param>
    /// <param name="vcpus">1 to <see cref="MaxVcpus"/>.</param>
    /// <returns>48 bytes.</returns>
    /// <exception cref="SnpException">There is no such guest.</exception>
    public byte[] Compute(SnpVmm vmm, SnpVcpuType? vcpuType, ulong features, int vcpus) =>
        Compute(new SnpMatrix([vmm], vcpuType is null ? [] : [vcpuType], [features], [vcpus])) is [var row]
            ? row.Measurement.ToArray()
            : throw new ArgumentException("This VMM's measurement depends on the model of the vCPUs.", nameof(vcpuType));

    /// <summary>Computes the launch digests of every combination.</summary>
    /// <param name="matrix">The combinations, at most <see cref="SnpMatrix.MaxRows"/>.</param>
    /// <returns>One row a combination: by VMM, model, features and number, each in the order given.</returns>
    /// <exception cref="SnpException">One of them does not exist.</exception>
    public IReadOnlyList<SnpReference> Compute(SnpMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(matrix.Rows, SnpMatrix.MaxRows, nameof(matrix));
        Require(matrix.Vcpus.All(count => count is >= 1 and <= MaxVcpus), SnpError.VcpusOutOfRange);
        Require(_guest.Svsm is null || matrix.Vmms.All(vmm => vmm is SnpVmm.Qemu), SnpError.UnsupportedVmm);
        Require(
            _guest.Svsm is not null || _guest.Firmware.ResetEip is not null || matrix.Vcpus.All(count => count == 1), SnpError.NoResetVector);

        var rows = new List<SnpReference>();
        foreach (var vmm in matrix.Vmms)
        {
            var afterSections = AddSections(vmm);
            foreach (var type in matrix.TypesFor(vmm))
            {
                foreach (var features in matrix.Features)
                {
                    var digests = AddVcpus(afterSections, vmm, type, features, matrix.Vcpus);
                    rows.AddRange(matrix.Vcpus.Select(count => new SnpReference(vmm, type, features, count, digests[count])));
                }
            }
        }

        return rows;
    }

    internal static void Require(bool condition, SnpError error)
    {
        if (!condition)
        {
            throw new SnpException(error);
        }
    }

    private static byte[] KernelPage(SnpKernelHashes kernel, OvmfImage firmware)
    {
        Require(firmware.HashTableGpa is not null, SnpError.NoKernelHashes);
        Require(firmware.Sections.Any(section => section.Type is SevSectionType.KernelHashes), SnpError.NoKernelHashes);
        Require(
            firmware.Sections.All(section => section.Type is not SevSectionType.KernelHashes || section.Size == SnpLaunchDigest.PageSize),
            SnpError.MalformedSection);
        var page = kernel.ToPage(firmware.HashTableGpa!.Value);
        Require(page is not null, SnpError.MalformedSevMetadata);
        return SHA384.HashData(page!);
    }

    private SnpLaunchDigest AddSections(SnpVmm vmm)
    {
        var digest = _afterImages;
        var sections = (_guest.Svsm ?? _guest.Firmware).Sections;
        var cpuidIsLast = SnpMatrix.IsAmazon(vmm);
        foreach (var section in sections)
        {
            if (section.Type is SevSectionType.KernelHashes && _kernelPage is not null)
            {
                digest.AddPage(SnpPageType.Normal, section.Gpa, _kernelPage);
            }
            else if (section.Type is not SevSectionType.Cpuid || !cpuidIsLast)
            {
                digest.AddUnread(PageTypeOf(section.Type, vmm), section.Gpa, section.Size);
            }
        }

        foreach (var section in sections.Where(section => cpuidIsLast && section.Type is SevSectionType.Cpuid))
        {
            digest.AddUnread(SnpPageType.Cpuid, section.Gpa, section.Size);
        }

        return digest;
    }

    private static SnpPageType PageTypeOf(SevSectionType section, SnpVmm vmm) => section switch
    {
        SevSectionType.SecMemory => vmm is SnpVmm.Gce ? SnpPageType.Unmeasured : SnpPageType.Zero,
        SevSectionType.Secrets => SnpPageType.Secrets,
        SevSectionType.Cpuid => SnpPageType.Cpuid,
        SevSectionType.SvsmCallingArea or SevSectionType.KernelHashes => SnpPageType.Zero,
        _ => throw new SnpException(SnpError.UnknownSection),
    };

    // One walk to the largest number passes all smaller ones.
    private Dictionary<int, byte[]> AddVcpus(
        SnpLaunchDigest digest, SnpVmm vmm, SnpVcpuType? type, ulong features, IReadOnlyList<int> counts)
    {
        var (first, others) = VcpuPages(vmm, type?.Signature ?? 0, features);
        var gpa = vmm is SnpVmm.Gce ? ((1UL << type!.PhysicalAddressBits) - 1) & ~PageMask : KvmVmsaGpa;
        var wanted = counts.ToHashSet();
        var digests = new Dictionary<int, byte[]>(wanted.Count);
        var last = wanted.Count == 0 ? 0 : wanted.Max();
        for (var count = 1; count <= last; count++)
        {
            digest.AddPage(SnpPageType.Vmsa, gpa, count == 1 ? first : others);
            if (wanted.Contains(count))
            {
                digests.Add(count, digest.ToArray());
            }
        }

        return digests;
    }

    private (byte[] First, byte[] Others) VcpuPages(SnpVmm vmm, uint signature, ulong features)
    {
        if (_guest.Svsm is { } svsm)
        {
            var page = SHA384.HashData(VmsaPage.BuildSvsm((uint)svsm.Gpa + svsm.SvsmEntryOffset!.Value, signature));
            return (page, page);
        }

        var first = SHA384.HashData(VmsaPage.Build(vmm, VmsaPage.BootEip, signature, features));
        return (first, _guest.Firmware.ResetEip is { } eip ? SHA384.HashData(VmsaPage.Build(vmm, eip, signature, features)) : first);
    }
}
