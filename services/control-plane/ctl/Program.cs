using Turnpike.Ctl;

return await Ctl.RunAsync(args, CtlConsole.OfProcess());
