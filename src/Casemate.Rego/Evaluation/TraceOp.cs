namespace Casemate.Rego.Evaluation;

/// <summary>Tells the tracer that all literals before this one are satisfied. Part of traced plans only.</summary>
internal sealed class TraceOp(int literal) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        machine.Tracer?.Reached(literal, machine, frame);
        return Next.Run(machine, frame);
    }
}
