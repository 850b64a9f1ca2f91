using System.Text;

namespace Casemate.Rego.Evaluation;

/// <summary>Collects one line for every combination of its arguments' values; never fails.</summary>
internal sealed class PrintOp((Expr? Single, Op? Body)[] arguments) : Op
{
    // The most lines of one call; a larger cross product is cut.
    private const int MostLines = 1000;

    public override bool Run(Machine machine, Frame frame)
    {
        machine.Step();
        if (machine.Options.CollectPrints)
        {
            Print(machine, frame);
        }

        return Next.Run(machine, frame);
    }

    private void Print(Machine machine, Frame frame)
    {
        List<string> lines = [""];
        for (var i = 0; i < arguments.Length; i++)
        {
            var texts = Texts(machine, frame, arguments[i].Single, arguments[i].Body);
            var next = new List<string>();
            foreach (var line in lines)
            {
                foreach (var text in texts)
                {
                    if (next.Count < MostLines)
                    {
                        var joined = i == 0 ? text : line + " " + text;
                        machine.Builtins.CheckLength(joined.Length);
                        machine.Charge(40 + (2L * joined.Length));
                        next.Add(joined);
                    }
                }
            }

            lines = next;
        }

        machine.Builtins.CheckCount(machine.Prints.Count + lines.Count);
        machine.Prints.AddRange(lines);
    }

    private static List<string> Texts(Machine machine, Frame frame, Expr? single, Op? body)
    {
        if (single is not null)
        {
            return [Text(single.Evaluate(machine, frame))];
        }

        var outer = frame.Out;
        var collector = new Collector();
        frame.Out = collector;
        body!.Run(machine, frame);
        frame.Out = outer;
        var values = collector.ToArray();
        return values.Count == 0 ? [Text(null)] : [.. values.Select(Text)];
    }

    private static string Text(RegoValue? value)
    {
        if (value is RegoString text)
        {
            return text.Value;
        }

        var builder = new StringBuilder();
        if (value is null)
        {
            return "<undefined>";
        }

        TermText.Append(builder, value);
        return builder.ToString();
    }
}
