using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Node.Machines;
using Casemate.Primitives;

namespace Casemate.Cli.Node;

/// <summary><c>casemate node machines</c>: the described machines that the program carries with it.</summary>
internal sealed class NodeMachinesCommand : CliCommand
{
    public NodeMachinesCommand()
        : base(
            "machines", "List the described machines that '--simulate' knows.",
            new CommandExample("All of them", "casemate node machines"),
            new CommandExample("Their names", "casemate node machines -o json | jq -r '.machines[].name'"))
    {
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var machines = DescribedMachine.Names.Select(name => NodeArguments.Load(name)).ToList();
        if (context.Console.Format is OutputFormat.Table)
        {
            var table = new TextTable("MACHINE", "WHAT IT IS");
            foreach (var machine in machines)
            {
                table.Add(Tone.Plain, machine.Name, machine.Title);
            }

            table.Write(context.Console);
        }
        else
        {
            context.Console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", ApiVersion.V1);
                json.WriteStartArray("machines");
                foreach (var machine in machines)
                {
                    json.WriteStartObject();
                    json.WriteString("name", machine.Name);
                    json.WriteString("title", machine.Title);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            });
        }

        return Task.FromResult(ExitCode.Success);
    }
}
