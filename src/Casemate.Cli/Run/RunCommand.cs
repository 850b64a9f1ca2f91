using System.CommandLine;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Secret;

namespace Casemate.Cli.Run;

/// <summary>
/// <c>casemate run</c>: gives a command everything that it would find inside a confidential guest (evidence, a key broker, the guest
/// API), on any machine, and tells what happens.
/// </summary>
internal sealed class RunCommand : CliCommand
{
    private readonly Option<string> _tee = SimulatorOptions.Tee();
    private readonly Option<string[]> _secrets = SimulatorOptions.Secrets();

    private readonly Option<string> _policy = new("--policy")
    {
        Description = "Appraisal policy (YAML) that decides whether the command may have the secrets. Default: one that admits exactly "
            + "this command, by its measurement.",
        HelpName = "FILE",
    };

    private readonly Option<string> _pin = new("--pin")
    {
        Description = "Write the policy that admits exactly this command to FILE, for later runs with --policy.",
        HelpName = "FILE",
    };

    private readonly Option<string> _initdata = BoundInitdata.Option();
    private readonly Option<string> _directory = SimulatorOptions.Directory();
    private readonly Option<int?> _guestPort = SimulatorOptions.GuestPort();

    private readonly Option<string> _evidenceOut = new("--evidence-out")
    {
        Description = "Keep the newest evidence, with its collateral, in FILE, for casemate verify.",
        HelpName = "FILE",
    };

    private readonly Argument<string[]> _command = new("COMMAND")
    {
        Description = "The command and its arguments. Put -- before it.",
        Arity = ArgumentArity.OneOrMore,
    };

    public RunCommand()
        : base(
            "run", "Run a command with a simulated TEE, a key broker and the guest API around it.",
            new CommandExample(
                "A secret after a verified attestation", "casemate run --secret greeting=hello -- examples/hello-secret/app.sh"),
            new CommandExample(
                "Keep the policy that admits exactly this program", "casemate run --secret key=@key.pem --pin app.yaml -- ./app"),
            new CommandExample(
                "A changed program is refused under the kept policy", "casemate run --secret key=@key.pem --policy app.yaml -- ./app"),
            new CommandExample(
                "As in a guest that was started under an agent policy", "casemate run --tee snp --initdata app.yaml --policy appraisal.yaml -- ./app"),
            new CommandExample("SGX in place of TDX, evidence kept", "casemate run --tee sgx --evidence-out evidence.json -- ./app"))
    {
        foreach (var option in new Option[] { _tee, _secrets, _policy, _pin, _initdata, _directory, _guestPort, _evidenceOut })
        {
            Add(option);
        }

        Add(_command);
    }

    /// <summary>An option that is not ours is most likely meant for the command.</summary>
    public override string? UnknownOptionHint => "Options of the command come after --, such as: casemate run -- ls -l";

    /// <summary>Signals belong to the command that is run.</summary>
    protected override bool HandlesSignals => true;

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        using var signals = new ForwardedSignals();
        try
        {
            return await RunAsync(context, signals);
        }
        catch (OperationCanceledException) when (signals.CancelledBy != 0)
        {
            context.Console.Note("interrupted before the command was started");
            return 128 + signals.CancelledBy;
        }
    }

    private async Task<int> RunAsync(CommandContext context, ForwardedSignals signals)
    {
        var arguments = context.Arguments;
        var secrets = NamedSecret.ParseAll(arguments.GetValue(_secrets) ?? []);
        var workload = WorkloadCommand.Find(arguments.GetRequiredValue(_command), context.Invocation.Environment);
        var measurement = WorkloadMeasurement.Of(workload);
        var tee = KbsTee.TryParse(arguments.GetRequiredValue(_tee))!.Value;
        var bound = arguments.GetValue(_initdata) is { } initdata ? BoundInitdata.Read(context, initdata, tee) : null;
        var pinned = PinnedPolicy.Of(measurement, bound);
        if (arguments.GetValue(_pin) is { } pin)
        {
            WriteFile(pin, pinned.ToYaml(), "--pin");
        }

        var policyFile = arguments.GetValue(_policy);
        var account = new RunAccount(context.Console);
        await using var services = await SimulatedServices.StartAsync(
            new SimulatedServicesOptions
            {
                Tee = tee,
                Measurement = measurement,
                HostData = bound?.Value.ToArray(),
                Policy = policyFile is null ? pinned : SimulatorOptions.LoadPolicy(policyFile),
                Directory = SimulatorOptions.DirectoryOf(arguments.GetValue(_directory), context.Invocation.Environment),
                GuestPort = arguments.GetValue(_guestPort),
                EvidenceOut = arguments.GetValue(_evidenceOut),
            },
            account, context, signals.Starting);
        foreach (var secret in secrets)
        {
            await services.Resources.PutAsync(secret.Path, secret.Content, signals.Starting);
        }

        account.Step($"{workload.Name} runs as {SimulatorOptions.Describe(tee, measurement)}");
        if (bound is not null)
        {
            account.Step($"started under the initdata of {arguments.GetValue(_initdata)}: {bound.Field} {bound.Hex}");
        }

        account.Step(policyFile is null ? "policy: admits exactly this measurement" : $"policy: {policyFile}");
        account.Step($"guest API {services.GuestApi}, key broker {services.Kbs}");
        var code = await WorkloadProcess.RunAsync(workload, services.Environment, signals);
        account.End("the command never");
        return code;
    }

    private static void WriteFile(string path, string text, string option)
    {
        OutputFile.Write(option, path, System.Text.Encoding.UTF8.GetBytes(text), OutputFile.Readable);
    }
}
