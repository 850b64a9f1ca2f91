using Casemate.Cli;

return await CasemateProgram.RunAsync(args, CasemateInvocation.OfThisProcess());
