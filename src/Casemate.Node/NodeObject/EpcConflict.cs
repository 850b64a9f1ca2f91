namespace Casemate.Node.NodeObject;

/// <summary>Somebody else offers the EPC, or writes over what is offered.</summary>
/// <param name="Resource">The name.</param>
/// <param name="Value">The amount that stands there.</param>
/// <param name="Writer">Who wrote it.</param>
/// <param name="IsOurName">True when it is the name under which the plan offers EPC.</param>
internal sealed record EpcConflict(string Resource, string Value, string Writer, bool IsOurName)
{
    public string Sentence => IsOurName
        ? $"{Resource} is offered by this agent, and {Writer} wrote {Value} over it: let only one of the two offer it."
        : $"{Resource} is {Value}, written by {Writer}: that is the same EPC offered twice. Stop the other, or this agent's.";
}
