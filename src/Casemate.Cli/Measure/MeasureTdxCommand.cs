using System.CommandLine;
using System.Globalization;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Measurement.Firmware;
using Casemate.Measurement.Tdx;
using Casemate.Primitives;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure tdx</c>: MRTD from a firmware.</summary>
internal sealed class MeasureTdxCommand : CliCommand
{
    private readonly Option<string> _firmware = new("--firmware")
    {
        Description = "The firmware of the TD (TDVF, such as OVMF.inteltdx.fd).",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string> _profile = new("--profile")
    {
        Description = "How the VMM adds and measures pages: qemu, cloud-hypervisor, qemu-2024 (Intel's and Canonical's kernels of 2024), "
            + "add-all-first, gce, gce-early. Default: all of them.",
        HelpName = "NAME",
    };

    private readonly Option<string> _hob = new("--td-hob")
    {
        Description = "The hand-off block that the VMM gives the firmware; only where its content is measured (gce-early).",
        HelpName = "FILE",
    };

    public MeasureTdxCommand()
        : base(
            "tdx", "Compute MRTD, the launch measurement of a TD, from its firmware.",
            new CommandExample("Under QEMU", "casemate measure tdx --firmware OVMF.inteltdx.fd --profile qemu"),
            new CommandExample("Under every VMM that is known, with the firmware's sections", "casemate measure tdx --firmware OVMF.inteltdx.fd -o json"))
    {
        Add(_firmware);
        Add(_profile);
        Add(_hob);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var path = arguments.GetRequiredValue(_firmware);
        var wanted = arguments.GetValue(_profile) is { } name ? MrtdProfileName.Parse(name) : (MrtdProfile?)null;
        if (arguments.GetValue(_hob) is not null && wanted is not (null or MrtdProfile.GoogleComputeEngineMeasuringAll))
        {
            throw CliException.Usage(
                $"--td-hob changes nothing with --profile {arguments.GetValue(_profile)}: its content is measured with gce-early alone",
                "Leave one of them out.");
        }

        var tdvf = Read(path);
        var hob = MeasureFiles.Read("--td-hob", arguments.GetValue(_hob), Tdvf.MaxPages * (long)MrtdAccumulator.PageSize) ?? default;
        var values = Compute(tdvf, hob, wanted, path);
        Write(context.Console, tdvf, values);
        return Task.FromResult(ExitCode.Success);
    }

    /// <summary>Reads a firmware.</summary>
    /// <exception cref="CliException">It cannot be read, or is no firmware for TDs.</exception>
    public static Tdvf Read(string path) =>
        Tdvf.TryRead(InputFile.Read("--firmware", path, OvmfTable.MaxFirmwareSize), out var tdvf, out var error)
            ? tdvf
            : throw CliException.BadInput($"--firmware: '{path}': {error}");

    /// <summary>MRTD under one profile, or under every one whose inputs are there.</summary>
    public static List<(MrtdProfile Profile, byte[] Mrtd)> Compute(Tdvf tdvf, ReadOnlyMemory<byte> hob, MrtdProfile? wanted, string path)
    {
        var values = new List<(MrtdProfile, byte[])>();
        foreach (var profile in wanted is { } one ? [one] : Enum.GetValues<MrtdProfile>())
        {
            try
            {
                values.Add((profile, tdvf.ComputeMrtd(profile, hob)));
            }
            catch (TdxMeasurementException failure) when (wanted is not null)
            {
                throw CliException.BadInput(
                    $"--firmware: '{path}': {failure.Message}", failure.Remedy is null ? null : $"{failure.Remedy} (--td-hob FILE)", failure);
            }
            catch (TdxMeasurementException)
            {
                // Not asked for by name: what cannot be computed is left out.
            }
        }

        return values;
    }

    private static void Write(ConsoleOutput console, Tdvf tdvf, List<(MrtdProfile Profile, byte[] Mrtd)> values)
    {
        if (console.Format is OutputFormat.Table)
        {
            foreach (var (profile, mrtd) in values)
            {
                console.Out.WriteLine($"MRTD {Convert.ToHexStringLower(mrtd)}  {MrtdProfileName.NamesOf(profile)}");
            }

            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteStartArray("mrtd");
            foreach (var (profile, mrtd) in values)
            {
                json.WriteStartObject();
                json.WriteString("profile", profile.ToString());
                json.WriteString("names", MrtdProfileName.NamesOf(profile));
                json.WriteString("value", Convert.ToHexStringLower(mrtd));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("sections");
            foreach (var section in tdvf.Sections)
            {
                json.WriteStartObject();
                json.WriteString("type", section.Type.ToString());
                json.WriteString("address", string.Create(CultureInfo.InvariantCulture, $"0x{section.Address:x}"));
                json.WriteNumber("pages", section.Pages);
                json.WriteBoolean("added", section.IsAdded);
                json.WriteBoolean("measured", section.IsExtended);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }
}
