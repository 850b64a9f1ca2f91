namespace Casemate.Rego.Evaluation;

/// <summary>A term with at most one value. Null: undefined.</summary>
internal abstract class Expr
{
    public abstract RegoValue? Evaluate(Machine machine, Frame frame);
}
