using System.Buffers;
using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Measurement.Verity;

namespace Casemate.Cli.Measure;

internal sealed partial class MeasureVerityCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "The data: an image of a file system, or a block device." };

    private readonly Option<string?> _salt = new("--salt")
    {
        Description = "The salt: up to 256 bytes in hexadecimal digits, or '-' for none. Default: 32 zero bytes, as image tools use.",
        HelpName = "HEX",
    };

    private readonly Option<string?> _hash = new("--hash")
    {
        Description = "The hash function: sha256, sha384 or sha512. Default: sha256.",
        HelpName = "NAME",
    };

    private readonly Option<int> _hashType = new("--hash-type")
    {
        Description = "1: the salt stands before each block. 0: behind it, the form of Chrome OS. Default: 1.",
        DefaultValueFactory = _ => 1,
        HelpName = "TYPE",
    };

    private readonly Option<int> _blockSize = new("--block-size")
    {
        Description = "The bytes of a data block. Default: 4096.",
        DefaultValueFactory = _ => 4096,
        HelpName = "BYTES",
    };

    private readonly Option<int> _hashBlockSize = new("--hash-block-size")
    {
        Description = "The bytes of a block of hashes. Default: 4096.",
        DefaultValueFactory = _ => 4096,
        HelpName = "BYTES",
    };

    private readonly Option<long?> _blocks = new("--blocks")
    {
        Description = "How many data blocks are protected. Default: all; the file must then end with a whole block.",
        HelpName = "COUNT",
    };

    private readonly Option<string?> _profile = new("--profile")
    {
        Description = "Whose rules hold for trees of full blocks: cryptsetup (and the kernel), or hcsshim. Default: cryptsetup.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _tree = new("--tree-out")
    {
        Description = "Write the tree to this file, as 'veritysetup format' would.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _uuid = new("--uuid")
    {
        Description = "Write a superblock with this identifier before the tree. Default: no superblock.",
        HelpName = "UUID",
    };

    private readonly Option<string?> _commandLine = new("--cmdline")
    {
        Description = "Print the part of a kernel command line that makes a guest trust this root, and nothing else: kata, systemd or dm-mod.",
        HelpName = "FORM",
    };

    private readonly Option<string?> _devices = new("--devices")
    {
        Description = "The devices of data and tree for --cmdline, such as /dev/vda1,/dev/vda2.",
        HelpName = "DATA,TREE",
    };

    private readonly Option<string?> _expect = new("--expect")
    {
        Description = "The root hash that it must be; exit code 1 when it is another.",
        HelpName = "HEX",
    };

    public MeasureVerityCommand()
        : base(
            "verity", "The dm-verity root hash of a file system image: a guest that trusts it reads this image and no other. Exit code 0 done, "
            + "1 not the expected root, 3 the file cannot be read or ends inside a block.",
            new CommandExample("The root of an image", "casemate measure verity rootfs.img"),
            new CommandExample("With its tree, for a disk", "casemate measure verity rootfs.img --tree-out rootfs.tree"),
            new CommandExample("For a guest's kernel", "casemate measure verity rootfs.img --cmdline dm-mod --devices /dev/vda1,/dev/vda2"))
    {
        Add(_file);
        foreach (var option in new Option[]
        {
            _salt, _hash, _hashType, _blockSize, _hashBlockSize, _blocks, _profile, _tree, _uuid, _commandLine, _devices, _expect,
        })
        {
            Add(option);
        }
    }

    private VerityOptions OptionsOf(CommandContext context) => new()
    {
        Algorithm = context.Arguments.GetValue(_hash) switch
        {
            null or "sha256" => VerityAlgorithm.Sha256,
            "sha384" => VerityAlgorithm.Sha384,
            "sha512" => VerityAlgorithm.Sha512,
            var other => throw CliException.Usage($"--hash '{other}' is not supported", "Use sha256, sha384 or sha512."),
        },
        HashType = context.Arguments.GetValue(_hashType),
        DataBlockSize = context.Arguments.GetValue(_blockSize),
        HashBlockSize = context.Arguments.GetValue(_hashBlockSize),
        DataBlocks = context.Arguments.GetValue(_blocks),
        Profile = context.Arguments.GetValue(_profile) switch
        {
            null or "cryptsetup" => VerityProfile.Cryptsetup,
            "hcsshim" => VerityProfile.Hcsshim,
            var other => throw CliException.Usage($"--profile '{other}' is not known", "Use cryptsetup or hcsshim."),
        },
        Salt = context.Arguments.GetValue(_salt) switch
        {
            null => new byte[32],
            "-" => ReadOnlyMemory<byte>.Empty,
            var hex => Hex("--salt", hex),
        },
    };

    private string? CommandLineOf(CommandContext context, VerityRoot root)
    {
        VerityBootForm? form = context.Arguments.GetValue(_commandLine) switch
        {
            null => null,
            "kata" => VerityBootForm.RootfsVerity,
            "systemd" => VerityBootForm.Systemd,
            "dm-mod" => VerityBootForm.DeviceMapper,
            var other => throw CliException.Usage($"--cmdline '{other}' is not known", "Use kata, systemd or dm-mod."),
        };
        if (form is null)
        {
            return null;
        }

        var devices = context.Arguments.GetValue(_devices)?.Split(',') ?? [];
        if (devices.Length is not (0 or 2) || (form is VerityBootForm.DeviceMapper && devices.Length == 0))
        {
            throw CliException.Usage("two devices are needed: that of the data and that of the tree", "Add --devices /dev/vda1,/dev/vda2.");
        }

        try
        {
            return new VerityBoot(form.Value, root.Hash)
            {
                DataDevice = devices.Length == 2 ? devices[0] : null,
                HashDevice = devices.Length == 2 ? devices[1] : null,
                Options = root.Options with { DataBlocks = root.DataBlocks },
                HashStartBlock = context.Arguments.GetValue(_uuid) is null ? 0 : 1,
            }.ToCommandLine();
        }
        catch (InvalidOperationException refused)
        {
            throw CliException.Usage($"--devices: {refused.Message}");
        }
    }

    private static byte[] Hex(string option, string text)
    {
        var bytes = new byte[text.Length / 2];
        return text.Length % 2 == 0 && Convert.FromHexString(text, bytes, out _, out _) is OperationStatus.Done
            ? bytes
            : throw CliException.Usage($"{option} is not a whole number of bytes in hexadecimal digits");
    }
}
