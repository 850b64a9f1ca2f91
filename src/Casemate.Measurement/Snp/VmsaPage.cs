using System.Buffers.Binary;

namespace Casemate.Measurement.Snp;

/// <summary>
/// Builds the page that holds the first state of a vCPU (VMSA). Offsets: AMD64 Architecture Programmer's Manual, volume 2, table B-4;
/// values: KVM's reset state with what each VMM changes.
/// </summary>
public static class VmsaPage
{
    /// <summary>Where the first vCPU starts: the reset vector of the architecture.</summary>
    public const uint BootEip = 0xffff_fff0;

    private const ulong DefaultPat = 0x0007_0406_0007_0406;

    // What the Google VMM sets instead.
    private const ulong GooglePat = 0x0007_0106;

    // KVM's RDX at reset when the VMM gave it no CPUID leaf 1 yet.
    private const ulong RdxWithoutCpuid = 0x600;

    private enum Field
    {
        Es = 0x00,
        Cs = 0x10,
        Ss = 0x20,
        Ds = 0x30,
        Fs = 0x40,
        Gs = 0x50,
        Gdtr = 0x60,
        Ldtr = 0x70,
        Idtr = 0x80,
        Tr = 0x90,
        Efer = 0xd0,
        Cr4 = 0x148,
        Cr0 = 0x158,
        Dr7 = 0x160,
        Dr6 = 0x168,
        Rflags = 0x170,
        Rip = 0x178,
        Pat = 0x268,
        Rdx = 0x310,
        SevFeatures = 0x3b0,
        Xcr0 = 0x3e8,
        Mxcsr = 0x408,
        X87ControlWord = 0x410,
    }

    /// <summary>The page of a vCPU that OVMF receives.</summary>
    /// <param name="vmm">The VMM.</param>
    /// <param name="eip">Where it starts: <see cref="BootEip"/> for the first, the reset block's address for all others.</param>
    /// <param name="signature">CPUID leaf 1, EAX; used by QEMU alone.</param>
    /// <param name="features">SEV_FEATURES: bit 0 for SEV-SNP, 0 for SEV-ES.</param>
    /// <returns>4096 bytes.</returns>
    public static byte[] Build(SnpVmm vmm, uint eip, uint signature, ulong features)
    {
        var isAmazon = vmm is SnpVmm.Ec2 or SnpVmm.Ec2ZeroRdx;
        var page = Start(features);
        foreach (var field in (ReadOnlySpan<Field>)[Field.Es, Field.Ds, Field.Fs, Field.Gs])
        {
            Segment(page, field, 0, 0x93, 0xffff, 0);
        }

        Segment(page, Field.Cs, 0xf000, (ushort)(isAmazon && eip == BootEip ? 0x9a : 0x9b), 0xffff, eip & 0xffff_0000);
        Segment(page, Field.Ss, 0, (ushort)(isAmazon ? 0x92 : 0x93), 0xffff, 0);
        Segment(page, Field.Tr, 0, (ushort)(isAmazon ? 0x83 : 0x8b), 0xffff, 0);
        Quad(page, Field.Cr0, 0x10);
        Quad(page, Field.Rip, eip & 0xffff);
        Quad(page, Field.Pat, vmm is SnpVmm.Gce ? GooglePat : DefaultPat);
        Quad(page, Field.Rdx, vmm switch
        {
            SnpVmm.Qemu => signature,
            SnpVmm.Ec2ZeroRdx => 0,
            SnpVmm.Ec2 or SnpVmm.Gce => RdxWithoutCpuid,
            _ => throw new ArgumentOutOfRangeException(nameof(vmm)),
        });
        if (vmm is SnpVmm.Qemu)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan((int)Field.Mxcsr), 0x1f80);
            BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan((int)Field.X87ControlWord), 0x37f);
        }

        return page;
    }

    /// <summary>The page of a vCPU that starts in an SVSM, in protected mode. QEMU starts all of them alike.</summary>
    /// <param name="eip">Where the SVSM starts.</param>
    /// <param name="signature">CPUID leaf 1, EAX.</param>
    /// <returns>4096 bytes.</returns>
    public static byte[] BuildSvsm(uint eip, uint signature)
    {
        var page = Start(features: 1);
        foreach (var field in (ReadOnlySpan<Field>)[Field.Es, Field.Ss, Field.Ds, Field.Fs])
        {
            Segment(page, field, 16, 0xc93, 0xffff_ffff, 0);
        }

        Segment(page, Field.Cs, 8, 0xc9b, 0xffff_ffff, 0);
        Segment(page, Field.Gs, 0, 0x93, 0xffff, 0);
        Segment(page, Field.Tr, 0, 0x8b, 0xffff, 0);
        Quad(page, Field.Cr0, 0x11);
        Quad(page, Field.Rip, eip);
        Quad(page, Field.Pat, DefaultPat);
        Quad(page, Field.Rdx, signature);

        // The control word of the x87 stays zero here: that is what the QEMU of COCONUT-SVSM leaves in the page.
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan((int)Field.Mxcsr), 0x1f80);
        return page;
    }

    private static byte[] Start(ulong features)
    {
        var page = new byte[SnpLaunchDigest.PageSize];
        Segment(page, Field.Gdtr, 0, 0, 0xffff, 0);
        Segment(page, Field.Idtr, 0, 0, 0xffff, 0);
        Segment(page, Field.Ldtr, 0, 0x82, 0xffff, 0);
        Quad(page, Field.Efer, 0x1000); // SVME, which KVM sets
        Quad(page, Field.Cr4, 0x40); // MCE, which KVM sets
        Quad(page, Field.Dr7, 0x400);
        Quad(page, Field.Dr6, 0xffff_0ff0);
        Quad(page, Field.Rflags, 2);
        Quad(page, Field.Xcr0, 1);
        Quad(page, Field.SevFeatures, features);
        return page;
    }

    private static void Segment(byte[] page, Field field, ushort selector, ushort attributes, uint limit, ulong baseAddress)
    {
        var target = page.AsSpan((int)field, 16);
        BinaryPrimitives.WriteUInt16LittleEndian(target, selector);
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], attributes);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], limit);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], baseAddress);
    }

    private static void Quad(byte[] page, Field field, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan((int)field), value);
}
