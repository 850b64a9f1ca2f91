namespace Casemate.Rego.Evaluation;

/// <summary>
/// Base data at constant keys, some of them numbers: they find items of arrays, and members of objects, whose names are strings.
/// </summary>
internal sealed class NumberedDataExpr(RegoValue[] path) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame)
    {
        RegoValue? value = machine.Data;
        for (var i = 0; i < path.Length && value is not null; i++)
        {
            value = value.Lookup(path[i]) ?? (value is RegoObject && path[i] is RegoNumber ? value.Lookup(RegoString.Create(path[i].ToString()))
                : null);
        }

        return value;
    }
}
