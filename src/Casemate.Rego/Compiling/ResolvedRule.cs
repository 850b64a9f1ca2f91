using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>A rule whose names are resolved.</summary>
/// <param name="At">Where its head stands.</param>
/// <param name="Arguments">Patterns for the arguments, which arrive in the first slots.</param>
/// <param name="Keys">The keys of the head, for objects.</param>
/// <param name="Value">The value, or the member of a set.</param>
/// <param name="Body">The literals in source order.</param>
/// <param name="IsSetMember">True when <paramref name="Value"/> is a member of a set.</param>
/// <param name="SlotNames">One name per slot.</param>
/// <param name="Else">The next branch.</param>
internal sealed record ResolvedRule(
    RegoLocation At, Term[] Arguments, Term[] Keys, Term Value, Literal[] Body, bool IsSetMember, List<string> SlotNames,
        ResolvedRule? Else);
