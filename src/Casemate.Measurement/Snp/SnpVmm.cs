namespace Casemate.Measurement.Snp;

/// <summary>The VMM that starts a guest: each writes the first state of a vCPU, and some pages, in its own way.</summary>
public enum SnpVmm
{
    /// <summary>QEMU with KVM, and what follows it: Kata Containers, libvirt, bare metal.</summary>
    Qemu,

    /// <summary>Amazon EC2. The model of the vCPU does not count.</summary>
    Ec2,

    /// <summary>Amazon EC2 as it was measured at first: like <see cref="Ec2"/>, but RDX starts as zero.</summary>
    Ec2ZeroRdx,

    /// <summary>Google Compute Engine. Of the vCPU's model only the width of its addresses counts.</summary>
    Gce,
}
