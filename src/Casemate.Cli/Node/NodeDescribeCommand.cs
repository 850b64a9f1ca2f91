using System.CommandLine;
using System.Text;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Serve;
using Casemate.Node.Advertisement;
using Casemate.Node.Description;
using Casemate.Node.Discovery;
using Casemate.Node.Enforcement;
using Casemate.Primitives.Json;

namespace Casemate.Cli.Node;

/// <summary><c>casemate node describe</c>: what was found, what will be offered of it, and why. Changes nothing.</summary>
internal sealed class NodeDescribeCommand : CliCommand
{
    private const string Running = "--running";

    public NodeDescribeCommand()
        : base(
            "describe",
            "Print what trusted hardware was found, what will be offered of it and why. Nothing is changed. Exit code 0 whatever was "
                + "found.",
            new CommandExample("This machine", "casemate node describe"),
            new CommandExample("A machine that the program knows", "casemate node describe --simulate dc48s_v3"),
            new CommandExample("With the name that unmodified YAML uses", "casemate node describe --epc-resource azure"),
            new CommandExample("How much EPC would be offered", "casemate node describe -o json | jq .plan.advertisedBytes"),
            new CommandExample("What the agent that runs here says of itself", "casemate node describe --running"))
    {
        Add(new Option<bool>(Running)
        {
            Description = "Ask the agent that runs on this machine (at --http) instead of looking: what it found and offers, what the kubelet "
                + "took of it, and what is in use.",
        });
        foreach (var setting in NodeSettings.Describe)
        {
            setting.AddTo(this);
        }
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        context = context with { File = SettingsFile.Open(context, NodeSettings.Serve) };
        if (context.Arguments.GetValue<bool>(Running))
        {
            return await AskAsync(context, cancellationToken);
        }

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
            return ExitCode.Success;
        }

        foreach (var line in description.ToLines())
        {
            Write(console, line);
        }

        return ExitCode.Success;
    }

    private static async Task<int> AskAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var address = NodeSettings.Http.Text(context)!;
        if (address == NodeArguments.Off)
        {
            throw CliException.Usage("--running asks the agent's --http, which is off", "Name an address or a socket with --http.");
        }

        var console = context.Console;
        var isTable = console.Format is OutputFormat.Table;
        var answer = await AgentClient.GetAsync(address, isTable ? NodePages.Text : NodePages.Json, cancellationToken);
        if (isTable)
        {
            foreach (var line in Encoding.UTF8.GetString(answer).TrimEnd('\n').Split('\n'))
            {
                Write(console, ErrorText.Harmless(line));
            }

            return ExitCode.Success;
        }

        if (!StrictJson.TryParse(answer, out var document, out var problem))
        {
            throw new CliException(ExitCode.Unreachable, $"what listens on {address} answers with no JSON: {problem}", "Name the agent's --http.");
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not System.Text.Json.JsonValueKind.Object)
            {
                throw new CliException(ExitCode.Unreachable, $"what listens on {address} is no agent", "Name the agent's --http.");
            }

            console.WriteDocument(json =>
            {
                foreach (var member in root.EnumerateObject())
                {
                    member.WriteTo(json);
                }
            });
        }

        return ExitCode.Success;
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
