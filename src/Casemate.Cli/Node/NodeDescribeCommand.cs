using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Node.Advertisement;
using Casemate.Node.Description;
using Casemate.Node.Discovery;
using Casemate.Node.Enforcement;

namespace Casemate.Cli.Node;

/// <summary><c>casemate node describe</c>: what was found, what will be offered of it, and why. Changes nothing.</summary>
internal sealed class NodeDescribeCommand : CliCommand
{
    public NodeDescribeCommand()
        : base(
            "describe",
            "Print what trusted hardware was found, what will be offered of it and why. Nothing is changed. Exit code 0 whatever was "
                + "found.",
            new CommandExample("This machine", "casemate node describe"),
            new CommandExample("A machine that the program knows", "casemate node describe --simulate dc48s_v3"),
            new CommandExample("With the name that unmodified YAML uses", "casemate node describe --epc-resource azure"),
            new CommandExample("How much EPC would be offered", "casemate node describe -o json | jq .plan.advertisedBytes"))
    {
        foreach (var setting in NodeSettings.Describe)
        {
            setting.AddTo(this);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var settings = NodeArguments.ReadAdvertisement(context);
        var (title, sources) = NodeArguments.ReadSources(context);
        var enforcement = NodeArguments.ReadEnforcement(context, sources.Simulated);
        var hardware = new HardwareScanner(sources).Scan();
        var description = new NodeDescription(title, hardware, AdvertisementPlan.Make(hardware, settings))
        {
            Enforcement = hardware.Sgx is { } sgx ? EpcEnforcementStatus.Expect(enforcement, sgx.EnforcementPossible) : null,
        };
        var console = context.Console;
        if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(description.WriteMembers);
            return Task.FromResult(ExitCode.Success);
        }

        foreach (var line in description.ToLines())
        {
            Write(console, line);
        }

        return Task.FromResult(ExitCode.Success);
    }

    // Continued lines stand further in than their beginning.
    private static void Write(ConsoleOutput console, string line)
    {
        var text = line.TrimStart(' ');
        var indent = line.Length - text.Length;
        var isTitle = indent == 0 && text.Length > 0;
        var parts = TextWrap.Lines(text, Math.Max(20, console.Width - indent - (line.Length <= console.Width ? 0 : 4)));
        for (var i = 0; i < parts.Count; i++)
        {
            var part = isTitle ? console.Paint(Tone.Strong, parts[i]) : parts[i];
            console.Out.WriteLine(new string(' ', i == 0 ? indent : indent + 4) + part);
        }
    }
}
