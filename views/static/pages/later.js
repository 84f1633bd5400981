import { html } from "../html.js";
import { useEffect, useState } from "../vendor/hooks.js";
import { useTitle } from "../frame.js";
import { Failure, Skeleton } from "../parts/states.js";

/** A page whose modules come when it is first opened: who never looks at it never loads it. It is a module's `Page`. */
export function later(title, load) {
  let Page = null;
  return function Later(props) {
    const [state, setState] = useState({});
    useTitle(title);
    const bring = () => load().then((module) => {
      Page = module.Page;
      setState({});
    }, () => setState({ problem: { message: "The worker did not give its script." } }));
    useEffect(() => {
      if (!Page) bring();
    }, []);
    if (Page) return html`<${Page} ...${props} />`;
    return html`<h1>${title}</h1>${state.problem ? html`<${Failure} title="The page could not be loaded" problem=${state.problem} again=${() => location.reload()} />`
      : html`<${Skeleton} label=${`Loading ${title}`} />`}`;
  };
}
