namespace Casemate.Rego.Evaluation;

/// <summary>
/// One step of a planned body. It does its part and runs the next step once for each way in which it succeeds; true means that the
/// search is over, false that it goes on.
/// </summary>
internal abstract class Op
{
    public Op Next { get; set; } = null!;

    public abstract bool Run(Machine machine, Frame frame);
}
