using System.CommandLine;

namespace Casemate.Cli.Measure;

/// <content>What may be said about a guest.</content>
internal sealed partial class MeasureSnpCommand
{
    private readonly Option<string> _firmware = new("--firmware")
    {
        Description = "The OVMF image, as the VMM loads it.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string[]> _vcpus = new("--vcpus")
    {
        Description = "How many vCPUs the guest may have: numbers and ranges, such as 1-64,96. Default: 1.",
        HelpName = "LIST",
    };

    private readonly Option<string[]> _vcpuTypes = new("--vcpu-type")
    {
        Description = "Models of vCPUs, separated by commas: names of QEMU (EPYC-Milan), FAMILY/MODEL/STEPPING or a signature (0xa00f11). "
            + "Not needed for Amazon EC2.",
        HelpName = "LIST",
    };

    private readonly Option<string[]> _vmms = new("--vmm")
    {
        Description = "VMMs, separated by commas: qemu (also Kata, libvirt), ec2, ec2-zero-rdx (EC2 as at first), gce. Default: qemu.",
        HelpName = "LIST",
    };

    private readonly Option<string[]> _features = new("--features")
    {
        Description = "Values of SEV_FEATURES, separated by commas: 0x1 SEV-SNP, 0x21 with debug swap. Default: 0x1.",
        HelpName = "LIST",
    };

    private readonly Option<string> _kernel = new("--kernel")
    {
        Description = "The kernel of a measured direct boot.",
        HelpName = "FILE",
    };

    private readonly Option<string> _initrd = new("--initrd")
    {
        Description = "Its initrd.",
        HelpName = "FILE",
    };

    private readonly Option<string> _append = new("--append")
    {
        Description = "Its command line, exactly as the VMM passes it.",
        HelpName = "TEXT",
    };

    private readonly Option<string> _svsm = new("--svsm")
    {
        Description = "The binary of an SVSM that starts before the firmware (QEMU only).",
        HelpName = "FILE",
    };

    private readonly Option<string> _varsSize = new("--vars-size")
    {
        Description = "With --svsm: the size of the file with the firmware's variables, in bytes.",
        HelpName = "BYTES",
    };

    private readonly Option<string> _firmwareDigest = new("--trusted-firmware-digest")
    {
        Description = "The launch digest after the firmware, when --firmware is only the end of the image. It is taken as it is.",
        HelpName = "HEX",
    };

    private readonly Option<string> _mode = new("--mode")
    {
        Description = "snp, or a form before it: sev-es, sev. Default: snp.",
        HelpName = "MODE",
    };

    private readonly Option<string> _policyOut = new("--policy-out")
    {
        Description = "Write an appraisal policy that accepts these measurements.",
        HelpName = "FILE",
    };

    private readonly Option<string> _idKey = new("--id-key")
    {
        Description = "Sign an ID block for the guest with this private key (PEM, P-384, not encrypted). Takes one measurement.",
        HelpName = "FILE",
    };

    private readonly Option<string> _authorKey = new("--author-key")
    {
        Description = "Vouch for the ID key with this private key.",
        HelpName = "FILE",
    };

    private readonly Option<string> _idBlockOut = new("--id-block-out")
    {
        Description = "Write the ID block (96 bytes) there; without it, both are shown in base64, as QEMU takes them.",
        HelpName = "FILE",
    };

    private readonly Option<string> _idAuthOut = new("--id-auth-out")
    {
        Description = "Write the ID authentication structure (4096 bytes) there.",
        HelpName = "FILE",
    };

    private readonly Option<string> _familyId = new("--family-id")
    {
        Description = "FAMILY_ID of the ID block: 32 hexadecimal digits. Default: zeros.",
        HelpName = "HEX",
    };

    private readonly Option<string> _imageId = new("--image-id")
    {
        Description = "IMAGE_ID of the ID block: 32 hexadecimal digits. Default: zeros.",
        HelpName = "HEX",
    };

    private readonly Option<string> _guestSvn = new("--guest-svn")
    {
        Description = "GUEST_SVN of the ID block. Default: 0.",
        HelpName = "NUMBER",
    };

    private readonly Option<string> _guestPolicy = new("--guest-policy")
    {
        Description = "The guest policy of the ID block, the same that the VMM launches with. Default: 0x30000.",
        HelpName = "NUMBER",
    };

    private IEnumerable<Option> AllOptions =>
    [
        _firmware, _vcpus, _vcpuTypes, _vmms, _features, _kernel, _initrd, _append, _svsm, _varsSize, _firmwareDigest, _mode, _policyOut,
        _idKey, _authorKey, _idBlockOut, _idAuthOut, _familyId, _imageId, _guestSvn, _guestPolicy,
    ];
}
