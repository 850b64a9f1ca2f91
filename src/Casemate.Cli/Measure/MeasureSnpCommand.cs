using System.CommandLine;
using System.Text;
using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Measurement.Snp;
using Casemate.Primitives;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure snp</c>.</summary>
internal sealed partial class MeasureSnpCommand : CliCommand
{
    private const long MaxBootFileBytes = 1L << 30;

    public MeasureSnpCommand()
        : base(
            "snp",
            "The launch digests of an SEV-SNP guest: MEASUREMENT of its attestation reports. Number and model of vCPUs, the VMM and its features "
            + "change the digest: name several, and every combination is computed.",
            new CommandExample("One guest", "casemate measure snp --firmware OVMF.fd --vcpus 4 --vcpu-type EPYC-Milan"),
            new CommandExample(
                "All that a pod may get, as a policy",
                "casemate measure snp --firmware OVMF.fd --kernel vmlinuz --initrd kata.img --append \"$LINE\" --vcpus 1-64 "
                + "--vcpu-type EPYC-Milan,EPYC-Genoa --policy-out policy.yaml"),
            new CommandExample(
                "With an ID block",
                "casemate measure snp --firmware OVMF.fd --vcpus 4 --vcpu-type EPYC-Milan --id-key id.pem --author-key author.pem"))
    {
        foreach (var option in AllOptions)
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var matrix = ReadMatrix(arguments);
        var policyOut = arguments.GetValue(_policyOut);
        foreach (var (option, path) in new[]
        {
            ("--policy-out", policyOut), ("--id-block-out", arguments.GetValue(_idBlockOut)), ("--id-auth-out", arguments.GetValue(_idAuthOut)),
        })
        {
            if (path is not null)
            {
                OutputFile.Require(option, path);
            }
        }

        var mode = arguments.GetValue(_mode) ?? "snp";
        if (mode is "sev" or "sev-es")
        {
            WriteLegacy(context, mode, matrix);
            return Task.FromResult(ExitCode.Success);
        }

        if (mode is not "snp")
        {
            throw CliException.Usage($"--mode '{mode}' is not known", "Use snp, sev-es or sev.");
        }

        var (measurement, rows) = Measure(arguments, matrix);
        var identity = SignedIdentity(arguments, rows);
        if (policyOut is not null)
        {
            var policy = ReferencePolicy.Write(rows, identity?.Authentication.IdKey.ComputeDigest());
            OutputFile.Write("--policy-out", policyOut, Encoding.UTF8.GetBytes(policy), OutputFile.Readable);
        }

        Write(context.Console, arguments.GetRequiredValue(_firmware), measurement, rows, identity);
        return Task.FromResult(ExitCode.Success);
    }

    private static T Guard<T>(string file, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SnpException failure)
        {
            throw CliException.BadInput($"{file}: {failure.Message}", SnpException.Remedy(failure.Error), failure);
        }
    }

    private SnpMatrix ReadMatrix(ParseResult arguments)
    {
        var vmms = MeasuredGuests.Vmms(arguments.GetValue(_vmms) is { Length: > 0 } given ? given : ["qemu"]);
        var types = MeasuredGuests.VcpuTypes(arguments.GetValue(_vcpuTypes) ?? []);
        if (types.Count == 0 && arguments.GetValue(_mode) is not "sev" && vmms.Any(vmm => vmm is SnpVmm.Qemu or SnpVmm.Gce))
        {
            throw CliException.Usage("--vcpu-type is missing", "Name the model that the VMM gives the guest, such as --vcpu-type EPYC-Milan.");
        }

        var matrix = new SnpMatrix(
            vmms, types, MeasuredGuests.Features(arguments.GetValue(_features) is { Length: > 0 } features ? features : ["0x1"]),
            MeasuredGuests.Vcpus(arguments.GetValue(_vcpus) is { Length: > 0 } vcpus ? vcpus : ["1"]));
        return matrix.Rows <= SnpMatrix.MaxRows ? matrix : throw CliException.Usage(
            $"{matrix.Rows} combinations are more than {SnpMatrix.MaxRows}", "Name fewer numbers, models, features or VMMs.");
    }

    private OvmfImage ReadFirmware(ParseResult arguments)
    {
        var file = arguments.GetRequiredValue(_firmware);
        return Guard(file, () => OvmfImage.Parse(InputFile.Read("--firmware", file, OvmfImage.MaxBytes)));
    }

    private (SnpMeasurement Measurement, IReadOnlyList<SnpReference> Rows) Measure(ParseResult arguments, SnpMatrix matrix)
    {
        var firmware = ReadFirmware(arguments);
        var guest = new SnpGuest(firmware)
        {
            Kernel = ReadKernel(arguments),
            Svsm = ReadSvsm(arguments, firmware),
            TrustedFirmwareDigest = Hex("--trusted-firmware-digest", arguments.GetValue(_firmwareDigest), SnpLaunchDigest.Size),
        };
        return Guard(arguments.GetValue(_svsm) ?? arguments.GetRequiredValue(_firmware), () =>
        {
            var measurement = SnpMeasurement.Create(guest);
            return (measurement, measurement.Compute(matrix));
        });
    }

    private SnpKernelHashes? ReadKernel(ParseResult arguments)
    {
        var (kernel, initrd) = (arguments.GetValue(_kernel), arguments.GetValue(_initrd));
        var append = MeasureFiles.CommandLine("--append", arguments.GetValue(_append));
        if (kernel is null)
        {
            return initrd is null && append is null ? null : throw CliException.Usage(
                "--initrd and --append take --kernel", "Name the kernel that the VMM passes, or leave them out.");
        }

        using var kernelStream = new MemoryStream(InputFile.Read("--kernel", kernel, MaxBootFileBytes));
        using var initrdStream = initrd is null ? null : new MemoryStream(InputFile.Read("--initrd", initrd, MaxBootFileBytes));
        return SnpKernelHashes.Compute(kernelStream, initrdStream, append);
    }

    private OvmfImage? ReadSvsm(ParseResult arguments, OvmfImage firmware)
    {
        if (arguments.GetValue(_svsm) is not { } svsm)
        {
            return arguments.GetValue(_varsSize) is null ? null : throw CliException.Usage(
                "--vars-size takes --svsm", "Name the SVSM, or leave it out.");
        }

        var size = MeasuredGuests.Long("--vars-size", arguments.GetValue(_varsSize) ?? throw CliException.Usage(
            "--svsm takes --vars-size",
            "The SVSM is loaded below the firmware's variables: name the size of their file in bytes, such as 540672."));
        return size >= firmware.Gpa
            ? throw CliException.Usage(
                "--vars-size leaves no room for the SVSM", "Name the size of the file with the firmware's variables, in bytes.")
            : Guard(svsm, () => OvmfImage.Parse(InputFile.Read("--svsm", svsm, OvmfImage.MaxBytes), firmware.Gpa - size));
    }

    private static byte[] Hex(string option, string? text, int length)
    {
        try
        {
            var bytes = text is null ? [] : Convert.FromHexString(text);
            return bytes.Length == 0 && text is null || bytes.Length == length ? bytes : throw new FormatException();
        }
        catch (FormatException)
        {
            throw CliException.Usage(
                $"{option} is not {2 * length} hexadecimal digits", $"Write {length} bytes as {2 * length} digits: {option} HEX.");
        }
    }

    private MeasuredIdentity? SignedIdentity(ParseResult arguments, IReadOnlyList<SnpReference> rows)
    {
        if (arguments.GetValue(_idKey) is not { } idKeyFile)
        {
            var extra = AllOptions.SkipWhile(option => option != _authorKey)
                .FirstOrDefault(option => arguments.GetResult(option) is { Implicit: false });
            return extra is null ? null : throw CliException.Usage($"{extra.Name} takes --id-key", "Name the key that signs the ID block.");
        }

        if (rows is not [var row])
        {
            throw CliException.Usage(
                $"--id-key signs one measurement, and there are {rows.Count}",
                "Name one number of vCPUs, one model, one VMM and one value of features.");
        }

        var guestSvn = MeasuredGuests.Long("--guest-svn", arguments.GetValue(_guestSvn) ?? "0");
        if (guestSvn > uint.MaxValue)
        {
            throw CliException.Usage("--guest-svn is larger than 4294967295");
        }

        var block = SnpIdBlock.Create(
            row.Measurement.Span, Hex("--family-id", arguments.GetValue(_familyId), SnpIdBlock.IdSize),
            Hex("--image-id", arguments.GetValue(_imageId), SnpIdBlock.IdSize), (uint)guestSvn,
            arguments.GetValue(_guestPolicy) is { } policy ? MeasuredGuests.Long("--guest-policy", policy) : SnpIdBlock.DefaultPolicy);
        var identity = MeasuredIdentity.Sign(block, idKeyFile, arguments.GetValue(_authorKey));
        identity.WriteFiles(arguments.GetValue(_idBlockOut), arguments.GetValue(_idAuthOut));
        return identity;
    }

    private static void Write(
        ConsoleOutput console, string firmware, SnpMeasurement measurement, IReadOnlyList<SnpReference> rows, MeasuredIdentity? identity)
    {
        if (console.Format is OutputFormat.Table)
        {
            if (rows is [var row])
            {
                console.Out.WriteLine(Convert.ToHexStringLower(row.Measurement.Span));
            }
            else
            {
                foreach (var line in rows.Select(MeasuredGuests.Line))
                {
                    console.Out.WriteLine(line);
                }
            }

            identity?.WriteText(console);
            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("firmware", firmware);
            json.WriteString("firmwareDigest", Convert.ToHexStringLower(measurement.FirmwareDigest.Span));
            json.WriteStartArray("measurements");
            foreach (var row in rows)
            {
                json.WriteStartObject();
                MeasuredGuests.Write(json, row);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            identity?.WriteMembers(json);
        });
    }

    private void WriteLegacy(CommandContext context, string mode, SnpMatrix matrix)
    {
        var arguments = context.Arguments;
        foreach (var option in new Option[] { _svsm, _varsSize, _firmwareDigest, _policyOut, _idKey, _authorKey, _idBlockOut, _idAuthOut })
        {
            if (arguments.GetResult(option) is { Implicit: false })
            {
                throw CliException.Usage($"{option.Name} takes --mode snp", "Leave one of them out.");
            }
        }

        if (mode is "sev-es" && matrix.VcpuTypes.Count == 0)
        {
            throw CliException.Usage("--vcpu-type is missing", "Name the model that the VMM gives the guest, such as --vcpu-type EPYC-Milan.");
        }

        var (firmware, kernel) = (ReadFirmware(arguments), ReadKernel(arguments));
        var rows = Guard(arguments.GetRequiredValue(_firmware), () => mode is "sev"
            ? [new SnpReference(SnpVmm.Qemu, null, 0, 0, SevLegacyMeasurement.Sev(firmware, kernel))]
            : matrix.Vmms.SelectMany(vmm => matrix.VcpuTypes.SelectMany(type => matrix.Vcpus.Select(count => new SnpReference(
                vmm, type, 0, count, SevLegacyMeasurement.SevEs(firmware, kernel, vmm, type, count))))).ToList());
        WriteLegacy(context.Console, mode, rows);
    }

    private static void WriteLegacy(ConsoleOutput console, string mode, IReadOnlyList<SnpReference> rows)
    {
        if (console.Format is OutputFormat.Table)
        {
            foreach (var row in rows)
            {
                console.Out.WriteLine(rows.Count == 1 ? Convert.ToHexStringLower(row.Measurement.Span) : MeasuredGuests.Line(row));
            }

            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("mode", mode);
            json.WriteStartArray("measurements");
            foreach (var row in rows)
            {
                json.WriteStartObject();
                WriteLegacy(json, mode, row);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    // Plain SEV measures no vCPU, so there is nothing to say about them.
    private static void WriteLegacy(Utf8JsonWriter json, string mode, SnpReference row)
    {
        if (mode is "sev")
        {
            json.WriteString("measurement", Convert.ToHexStringLower(row.Measurement.Span));
        }
        else
        {
            MeasuredGuests.Write(json, row);
        }
    }
}
